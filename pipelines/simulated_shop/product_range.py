"""What a simulated shop sells: products, their popularity, prices and elasticities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array, Int64Array
from pipelines.simulated_shop.chance import generator
from pipelines.simulated_shop.shop_scenario import ShopScenario
from pipelines.simulated_shop.shop_size import ShopSize
from pipelines.simulated_shop.timeline import Timeline

PERIOD = 28
"""Days after which prices may change and products come in."""


@dataclass(frozen=True)
class ProductRange:
    """Products by number, those of a category beside each other.

    `popularity` is that of a product at its first price; `cents` its price in each period [periods, products], and
    `weight` how much of it is then bought in proportion to the others: popularity times the relative price to the
    power of its `elasticity` (Koyck's constant-elasticity demand), 0 before it is launched. `pieces` is the mean
    number beyond the first that a line holds, `given_back` the relative chance that a line is.
    """

    category: Int64Array
    popularity: Float64Array
    elasticity: Float64Array
    cents: Int64Array
    weight: Float64Array
    launched: Int64Array
    cost_share: Float64Array
    pieces: Float64Array
    given_back: Float64Array
    brand: Int64Array

    @property
    def count(self) -> int:
        """How many products."""
        return len(self.category)

    @property
    def periods(self) -> int:
        """How many times prices are set."""
        return len(self.cents)

    def launch_day(self) -> Int64Array:
        """The first day on sale; -1 for what was there before."""
        return np.where(self.launched > 0, self.launched * PERIOD, -1)


def product_range(days: Timeline, scenario: ShopScenario, size: ShopSize) -> ProductRange:
    """The products of a shop."""
    form, count = scenario.products, size.products
    rng = generator(size.seed, "products")
    categories = min(form.categories, count)
    drawn = np.concatenate([np.arange(categories), _categories(rng, categories, count - categories)])
    category = np.sort(drawn)
    popularity = rng.permutation(np.arange(1, count + 1)) ** -form.zipf
    elasticity = np.minimum(form.elasticity + form.elasticity_spread * rng.normal(size=count), 0.0)
    periods = -(-days.days // PERIOD)
    launched = np.where(rng.random(count) < form.new_share, rng.integers(0, periods, count), 0)
    launched[np.flatnonzero(np.diff(category, prepend=-1))] = 0  # a category is never empty
    level = np.exp(form.price_spread * rng.normal(size=categories))[category]
    base = form.price * level * np.exp(0.5 * form.price_spread * rng.normal(size=count))
    relative = _prices(rng, days, scenario, category, periods)
    cents = np.maximum(np.rint(100 * base * relative), 1).astype(np.int64)
    on_sale = launched <= np.arange(periods)[:, None]
    return ProductRange(
        category=category,
        popularity=popularity / popularity.sum(),
        elasticity=elasticity,
        cents=cents,
        weight=popularity / popularity.sum() * relative**elasticity * on_sale,
        launched=launched,
        cost_share=rng.uniform(0.4, 0.75, count),
        pieces=(0.1 + rng.gamma(1.0, 0.35, categories))[category],
        given_back=np.exp(0.6 * rng.normal(size=categories))[category],
        brand=rng.integers(0, max(count // 40, 3), count),
    )


def _categories(rng: np.random.Generator, categories: int, count: int) -> Int64Array:
    """Of these products; categories are of very different breadth."""
    shares = np.cumsum(rng.gamma(1.2, 1.0, categories) + 0.05)
    return np.asarray(np.searchsorted(shares, rng.random(count) * shares[-1], side="right"))


def _prices(
    rng: np.random.Generator, days: Timeline, scenario: ShopScenario, category: Int64Array, periods: int
) -> Float64Array:
    """Relative to the first price, [periods, products]: now and then a step, and the changes that are planted."""
    steps = np.zeros((periods, len(category)))
    for period in range(1, periods):
        steps[period] = np.where(rng.random(len(category)) < 0.2, rng.normal(size=len(category)), 0.0)
    relative = np.exp(scenario.products.price_changes / np.sqrt(0.2) * np.cumsum(steps, axis=0))
    for change in scenario.changes:
        if change.what == "price":
            since = max(-(-days.number_of(change.since) // PERIOD), 0)
            of = slice(None) if change.category is None else category == int(change.category.split()[-1]) - 1
            relative[since:, of] *= change.factor
    return np.asarray(relative)
