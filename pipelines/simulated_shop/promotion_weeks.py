"""Weekly price cuts of a simulated shop, and what they multiply sales by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.arrays import BoolArray, Float64Array, Int64Array
from pipelines.simulated_shop.chance import generator
from pipelines.simulated_shop.product_range import PERIOD, ProductRange
from pipelines.simulated_shop.shop_scenario import ShopScenario
from pipelines.simulated_shop.timeline import Timeline

WEEK = 7


@dataclass(frozen=True)
class PromotionWeeks:
    """Promotions, sorted by week, then product.

    `lift` multiplies what is bought of the product: (1 - depth) to the power of its elasticity, and the effect of
    being shown. `per_cent` is the price cut in each week [weeks, products], 0 for none.
    """

    week: Int64Array
    product: Int64Array
    shown: BoolArray
    lift: Float64Array
    per_cent: NDArray[np.uint8]

    @property
    def weeks(self) -> int:
        """How many weeks, the last perhaps not whole."""
        return len(self.per_cent)

    def depth(self) -> Float64Array:
        """Of each promotion, as a share of the price."""
        return self.per_cent[self.week, self.product] / 100.0


def promotion_weeks(days: Timeline, products: ProductRange, scenario: ShopScenario, seed: int) -> PromotionWeeks:
    """Which products are cheaper in which weeks."""
    form, rng = scenario.promotions, generator(seed, "promotions")
    weeks = -(-days.days // WEEK)
    per_cent = np.zeros((weeks, products.count), dtype=np.uint8)
    depths = np.maximum(np.rint(100 * np.array(form.depths)), 1).astype(np.uint8)
    for week in range(weeks):
        on_sale = products.weight[min(week * WEEK // PERIOD, products.periods - 1)] > 0
        chosen = np.flatnonzero((rng.random(products.count) < form.share) & on_sale)
        per_cent[week, chosen] = rng.choice(depths, len(chosen))
    at, product = np.nonzero(per_cent)
    shown = rng.random(len(at)) < 0.5
    cut = 1 - per_cent[at, product] / 100.0
    lift = cut ** products.elasticity[product] * np.where(shown, form.display, 1.0)
    return PromotionWeeks(at, product, shown, lift, per_cent)
