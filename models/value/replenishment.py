"""Which products a customer buys again and again, and when the next purchase of each is due.

A product's rhythm is the mean of the customer's own gaps between purchases of it, drawn towards the usual gap of the
product's repeat buyers, the more the fewer gaps there are. A product that was passed over for long is no longer
due: the customer has stopped buying it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

MOST = 5
AHEAD_DAYS = 14
"""A product is due if the next purchase of it is expected within so many days, or was before."""
PASSED_OVER = 1.5
"""After so many times its rhythm without a purchase it is no longer expected."""
LEAST_PURCHASES = 3
_DRAWN = 1.0


@dataclass(frozen=True)
class DueProduct:
    """A product, its rhythm in days, and in how many days it is due; below 0: it was."""

    product_id: str
    every_days: float
    due_in: float


@dataclass(frozen=True)
class Bought:
    """A customer's packed history: aligned lists, one entry per product (see `customer_history`)."""

    product_ids: Sequence[str]
    purchases: Sequence[float]
    last_days: Sequence[float]
    first_days: Sequence[float]
    weight_60d: Sequence[float]

    def repeated(self) -> list[str]:
        """The products that were bought often enough to have a rhythm."""
        return [name for name, n in zip(self.product_ids, self.purchases, strict=True) if n >= LEAST_PURCHASES]


def due(bought: Bought, usual: Mapping[str, float | None]) -> list[DueProduct]:
    """At most MOST that are due, those bought most and most lately first; `usual` is each product's usual gap."""
    often = np.flatnonzero(np.asarray(bought.purchases, dtype=float) >= LEAST_PURCHASES)
    n, last, first, weight = (
        np.asarray(values, dtype=float)[often]
        for values in (bought.purchases, bought.last_days, bought.first_days, bought.weight_60d)
    )
    names = [bought.product_ids[place] for place in often.tolist()]
    gaps = n - 1
    of_product = np.array([usual.get(name) or np.nan for name in names], dtype=float)
    drawn = np.where(np.isfinite(of_product), _DRAWN, 0.0)
    every = (first - last + drawn * np.nan_to_num(of_product)) / (gaps + drawn)
    wanted = (every > 0) & (every - last <= AHEAD_DAYS) & (last <= PASSED_OVER * every)
    order = sorted(np.flatnonzero(wanted).tolist(), key=lambda i: (-weight[i], names[i]))
    return [DueProduct(names[i], float(every[i]), float(every[i] - last[i])) for i in order[:MOST]]
