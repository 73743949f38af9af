"""Durables: what a customer has just bought once, and nobody buys again so soon.

The thresholds were chosen on past windows so that no list is the worse (docs/recommendation.md).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.arrays import BoolArray, Float32Array
from models.recommendation.candidates import Candidates
from models.recommendation.profiles import UserProfiles

REPEAT_SHARE: Final = 0.02
"""Of a product's buyers; what fewer buy on a second day is bought once."""
BUYERS: Final = 10
"""So many say so."""
ONCE_DAYS: Final = 90
"""How long what is bought once is held back."""
LONG_DAYS: Final = 60
"""The median days between purchases of its repeat buyers from which a product is durable, for half of them."""


def held_back(profiles: UserProfiles, pairs: Candidates) -> BoolArray:
    """Whether the customer has the product and will not need another yet; never where they bought it twice."""
    numbers, entries = profiles.index.catalogue.numbers, profiles.histories.entries
    owned = np.flatnonzero(pairs.entry >= 0)
    entry, product = pairs.entry[owned], pairs.product[owned]
    last, usual = entries["last_days"][entry], numbers["repurchase_days"][product]
    bought_once = (numbers["repeat_share"][product] < REPEAT_SHARE) & (numbers["buyers"][product] >= BUYERS)
    soon = (usual >= LONG_DAYS) & (last < usual / 2)
    held = np.zeros(len(pairs), dtype=bool)
    held[owned] = (entries["purchases"][entry] == 1) & ((bought_once & (last <= ONCE_DAYS)) | soon)
    return held


def behind_all_else(scores: Float32Array, pairs: Candidates, held: BoolArray) -> Float32Array:
    """The scores, with those held back below every other of the customer: there if nothing else is left to show."""
    if not held.any():
        return scores
    rows = int(pairs.row.max()) + 1
    low, high = np.full(rows, np.inf, dtype=np.float32), np.full(rows, -np.inf, dtype=np.float32)
    np.minimum.at(low, pairs.row, scores)
    np.maximum.at(high, pairs.row, scores)
    return np.where(held, scores - (high - low + 1)[pairs.row], scores).astype(np.float32)
