"""How many customers are looked at, at most: of more, so many are drawn by chance, always the same with the same seed.

Training and judging cost time and memory by customer, and say no more of a million than of some ten thousand: a mean
NDCG of 20,000 customers is known to a few thousandths. Below the bounds everybody counts.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from models.arrays import Int64Array

FITTED: Final = 200_000
"""From whose purchases item-item weights are fitted."""
LEARNT: Final = 30_000
"""Of an origin, whose candidates are training examples."""
JUDGED: Final = 20_000
"""Whose lists are looked at in tuning, evaluation, comparison and fairness."""

BASKETS: Final = 2_000_000
"""Orders, of customers drawn, in which bundles are looked for: what is held of the best pairs grows with them."""


def drawn(customers: int, most: int, seed: int, as_of: date) -> Int64Array:
    """The places of at most `most` of so many customers, ascending."""
    if customers <= most:
        return np.arange(customers, dtype=np.int64)
    rng = np.random.default_rng([seed, as_of.toordinal(), most])
    return np.sort(rng.choice(customers, most, replace=False)).astype(np.int64)
