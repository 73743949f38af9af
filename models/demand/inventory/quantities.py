"""How much to order now, in whole packs, at least the smallest order, and no more than sells before it goes off."""

from __future__ import annotations

import numpy as np

from models.arrays import Float64Array
from models.demand.inventory.levels import OrderTerms, StockLevels

MINIMUM, SHELF_LIFE = "min quantity", "shelf life"


def order_quantities(levels: StockLevels, position: Float64Array, terms: OrderTerms) -> tuple[Float64Array, list[str]]:
    """Units to order of each series (nan where the position is not known), and what changed the quantity.

    An order is filled up to `order_up_to` in multiples. Where less than the smallest order is needed, the order waits
    if the position is expected to stay above the reorder point until stock is looked at again.
    """
    needed = np.maximum(levels.order_up_to - position, 0.0)
    smallest = _up(np.full_like(needed, terms.min_quantity), terms.multiple)
    expected = position - (levels.demand.mean - levels.lead_time.mean)
    waits = (needed < terms.min_quantity) & (expected >= levels.reorder_point)
    wanted = np.where((needed > 0) & ~waits, np.maximum(_up(needed, terms.multiple), smallest), 0.0)
    most = _down(np.maximum(levels.keeps - position, 0.0), terms.multiple)
    most = np.where(most < smallest, 0.0, most)
    quantity = np.where(np.isnan(position), np.nan, np.minimum(wanted, most))
    limits = [
        SHELF_LIFE if cut else MINIMUM if small else ""
        for cut, small in zip(wanted > most, (needed > 0) & (needed < terms.min_quantity), strict=True)
    ]
    return quantity, limits


def _up(units: Float64Array, multiple: float) -> Float64Array:
    found: Float64Array = np.ceil(units / multiple - 1e-9) * multiple
    return found


def _down(units: Float64Array, multiple: float) -> Float64Array:
    found: Float64Array = np.where(np.isfinite(units), np.floor(units / multiple + 1e-9) * multiple, units)
    return found
