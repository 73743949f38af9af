"""Loyalty, satisfaction and referral (the X of RFM-X): scores from 1 to 5 by what the shop's tables tell, else nothing.

loyalty       how many of the last six blocks of 28 days the customer bought in, over those the customer was known in;
              told from the third such block on
satisfaction  the mean of what the customer told: own reviews, satisfaction with the service desk, and a 1 for having
              complained in the last 364 days
referral      what the customer tells others in public: 1 and 2 where own reviews are poor or middling, and 3, 4 or 5
              by the number of good ones; no table tells who brought whom
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from feature_repo.standing_features import (
    ACTIVE_BLOCKS,
    COMPLAINTS,
    FIRST,
    RATING,
    SERVICE_SATISFACTION,
    WRITTEN,
)
from models.arrays import Float64Array

SCORES: Final = ("loyalty", "satisfaction", "referral")
Columns = Mapping[str, Sequence[Any]]
"""Features of customers by name, an entry per customer; None or NaN where nothing is known."""
BLOCK_DAYS: Final = 28
BLOCKS: Final = 6
MIN_BLOCKS: Final = 3
GOOD, MIDDLING = 4.0, 3.0
"""Mean ratings from which on a customer speaks well of the shop, and not ill."""


def told_scores(columns: Columns) -> dict[str, Float64Array]:
    """The scores of customers by name; NaN where nothing tells."""
    return {
        "loyalty": _fifth(steadiness(columns)),
        "satisfaction": np.floor(satisfaction(columns) + 0.5),
        "referral": _referral(columns),
    }


def steadiness(columns: Columns) -> Float64Array:
    """The share of the blocks of 28 days since the first purchase, at most six, with a purchase; NaN before three."""
    first, active = column(columns, FIRST), column(columns, ACTIVE_BLOCKS)
    known = np.minimum(np.ceil(first / BLOCK_DAYS), BLOCKS)
    return np.where(known >= MIN_BLOCKS, np.minimum(active / np.maximum(known, 1), 1), np.nan)


def satisfaction(columns: Columns) -> Float64Array:
    """The mean of what each customer told, 1 to 5; NaN where nothing was."""
    complained = column(columns, COMPLAINTS) > 0
    said = [column(columns, RATING), column(columns, SERVICE_SATISFACTION), np.where(complained, 1.0, np.nan)]
    told = np.stack(said)
    count = np.sum(~np.isnan(told), axis=0)
    return np.asarray(np.where(count > 0, np.nansum(told, axis=0) / np.maximum(count, 1), np.nan))


def column(columns: Columns, name: str) -> Float64Array:
    """A feature as numbers; NaN throughout where it is not at hand."""
    rows = len(next(iter(columns.values()), ()))
    found: Float64Array = np.array(columns.get(name, [None] * rows), dtype=float)
    return found


def _fifth(share: Float64Array) -> Float64Array:
    score: Float64Array = np.minimum(np.floor(5 * share) + 1, 5)
    return score


def _referral(columns: Columns) -> Float64Array:
    rating, written = column(columns, RATING), column(columns, WRITTEN)
    well = np.minimum(written + 2, 5)
    said = np.where(rating >= GOOD, well, np.where(rating >= MIDDLING, 2.0, 1.0))
    return np.where((written > 0) & ~np.isnan(rating), said, np.nan)
