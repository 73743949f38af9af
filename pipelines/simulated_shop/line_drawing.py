"""Order lines of a block of customers: products, pieces, what was paid, and what was given back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from models.arrays import Float64Array, Int64Array
from pipelines.simulated_shop.currency_rates import CurrencyRates
from pipelines.simulated_shop.order_times import BlockOrders
from pipelines.simulated_shop.population import Population
from pipelines.simulated_shop.product_choice import ProductChoice
from pipelines.simulated_shop.product_range import PERIOD, ProductRange
from pipelines.simulated_shop.promotion_weeks import WEEK, PromotionWeeks
from pipelines.simulated_shop.shop_scenario import ShopScenario
from pipelines.simulated_shop.timeline import DAY_MICROSECONDS, Timeline

FAVOURITES = 10
LINES_AT_ONCE = 1_000_000
CHANNELS = ("web", "app", "store")
_CHANNEL_SHARES = (0.55, 0.70)
STORES = 8
"""In each region."""


@dataclass(frozen=True)
class DrawnLines:
    """Lines in the order of their moments, all bought or all given back.

    `order` is the order's number in the block, `at` microseconds since 1970, `line` the number in the order; of a line
    that gives something back (`quantity` below 0) the one given back.
    """

    who: Int64Array
    order: Int64Array
    line: Int64Array
    product: Int64Array
    at: Int64Array
    quantity: Float64Array
    revenue: Float64Array
    discount: Float64Array
    channel: NDArray[np.uint8]

    def taken(self, rows: Int64Array) -> DrawnLines:
        """These rows."""
        return DrawnLines(*(getattr(self, each.name)[rows] for each in fields(self)))


@dataclass(frozen=True)
class LineDrawing:
    """Draws the lines of orders."""

    scenario: ShopScenario
    days: Timeline
    products: ProductRange
    promotions: PromotionWeeks
    choice: ProductChoice
    rates: CurrencyRates

    def favourites(self, rng: np.random.Generator, people: Population) -> Int64Array:
        """What each customer buys again and again, [customers, FAVOURITES], the dearest first."""
        day = np.repeat(people.starts.astype(np.int64), FAVOURITES)
        return self.choice.draw(rng, day, np.repeat(people.taste, FAVOURITES)).reshape(-1, FAVOURITES)

    def lines(
        self, rng: np.random.Generator, people: Population, favourites: Int64Array, orders: BlockOrders, returns: int
    ) -> Iterator[DrawnLines]:
        """All lines of the orders, about LINES_AT_ONCE at a time, and so many that give one of them back."""
        ends = np.cumsum(orders.lines)
        first, given = 0, 0
        while first < len(ends):
            done = int(ends[first - 1]) if first else 0
            last = max(int(np.searchsorted(ends, done + LINES_AT_ONCE, side="right")), first + 1)
            bought = self._bought(rng, people, favourites, orders.part(first, last))
            bought = replace(bought, order=bought.order + first)
            yield bought
            until = returns * int(ends[last - 1]) // int(ends[-1])
            if until > given:
                yield self._given_back(rng, bought, until - given)
            first, given = last, until

    def _bought(
        self, rng: np.random.Generator, people: Population, favourites: Int64Array, orders: BlockOrders
    ) -> DrawnLines:
        order = np.repeat(np.arange(len(orders.who)), orders.lines)
        line = np.arange(len(order)) - np.repeat(np.cumsum(orders.lines) - orders.lines, orders.lines)
        who, moment = orders.who[order], self.days.microseconds(orders.at)[order]
        day = orders.at.astype(np.int64)[order]
        product = self._products(rng, people, favourites, who, day)
        cut = self.promotions.per_cent[day // WEEK, product] / 100.0
        quantity: Float64Array = np.asarray(1.0 + rng.poisson(self.products.pieces[product]), dtype=np.float64)
        price = self.products.cents[day // PERIOD, product] / 100.0 / self.rates.of(day, people.region[who])
        revenue = np.round(quantity * np.round(price * (1 - cut), 2), 2)
        discount = np.round(quantity * price * cut, 2)
        channel = self._channels(rng, people, orders.who)[order]
        return DrawnLines(who, order, line + 1, product, moment, quantity, revenue, discount, channel)

    def _products(
        self, rng: np.random.Generator, people: Population, favourites: Int64Array, who: Int64Array, day: Int64Array
    ) -> Int64Array:
        ranks = np.cumsum(1 / np.arange(1, FAVOURITES + 1))
        habit = rng.random(len(who)) * ranks[-1] / max(self.scenario.purchases.habitual, 1e-12)
        rank = np.searchsorted(ranks, habit, side="right")
        product: Int64Array = favourites[who, np.minimum(rank, FAVOURITES - 1)]
        free = np.flatnonzero((rank >= FAVOURITES) | ~self.choice.sold(product, day))
        product[free] = self.choice.draw(rng, day[free], people.taste[who[free]])
        return product

    def _channels(self, rng: np.random.Generator, people: Population, who: Int64Array) -> NDArray[np.uint8]:
        """Mostly the customer's own."""
        own = np.digitize((people.first + who) * 0.6180339887 % 1.0, _CHANNEL_SHARES)
        other = np.digitize(rng.random(len(who)), _CHANNEL_SHARES)
        return np.where(rng.random(len(who)) < 0.8, own, other).astype(np.uint8)

    def _given_back(self, rng: np.random.Generator, bought: DrawnLines, count: int) -> DrawnLines:
        """Lines are given back by the chance of their category; those bought so late that it is past the end, last."""
        wait = (rng.exponential(self.scenario.returns.mean_days, len(bought.at)) + 0.5) * DAY_MICROSECONDS
        left = self.days.end - bought.at
        late = wait >= left
        turn = rng.exponential(size=len(wait)) / self.products.given_back[bought.product] + np.where(late, 1e9, 0.0)
        chosen = np.sort(np.argpartition(turn, count - 1)[:count])
        after = np.where(late, left * rng.random(len(left)), wait)[chosen].astype(np.int64)
        back = bought.taken(chosen)
        at = back.at + np.maximum(after, 1)
        given = replace(back, at=at, quantity=-back.quantity, revenue=-back.revenue, discount=np.zeros(count))
        return given.taken(np.argsort(at, kind="stable"))
