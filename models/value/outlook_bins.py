"""The days on which the next purchase is looked for, and the quantiles of a chance of none by those days."""

from __future__ import annotations

import numpy as np

from models.arrays import Float64Array

EDGES = np.array([*range(1, 29), *range(35, 92, 7), *range(112, 365, 28), 365], dtype=float)
"""Bin i is over at the end of day EDGES[i]: single days, then weeks, then four weeks, to a year."""
STARTS = np.concatenate([[0.0], EDGES[:-1]])
NEVER = 366.0
"""Not within a year."""


def quantile(survival: Float64Array, level: float) -> Float64Array:
    """The day by which a share `level` has bought, shape (customers,); NEVER where that is later than a year.

    Within a bin the chance is taken to fall evenly; the day is rounded up.
    """
    left = np.concatenate([np.ones((len(survival), 1)), survival], axis=1)
    reached = left <= 1 - level + 1e-12
    there = reached.any(axis=1)
    place = np.where(there, reached.argmax(axis=1), 1)
    rows = np.arange(len(survival))
    before, after = left[rows, place - 1], left[rows, place]
    share = np.divide(before - (1 - level), before - after, out=np.ones(len(survival)), where=before > after)
    day = STARTS[place - 1] + np.clip(share, 0.0, 1.0) * (EDGES - STARTS)[place - 1]
    return np.where(there, np.maximum(np.ceil(day - 1e-9), 1.0), NEVER)


def mean_wait(survival: Float64Array) -> Float64Array:
    """The expected days to the next purchase, none counting as a year: by it customers are ordered."""
    left = np.concatenate([np.ones((len(survival), 1)), survival], axis=1)
    return np.asarray(((left[:, :-1] + left[:, 1:]) / 2) @ (EDGES - STARTS))
