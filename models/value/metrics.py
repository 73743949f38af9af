"""Metrics of forecast value, visits and next purchases, each for many bootstrap resamples at once.

A frame has one row per customer (see `models.value.evaluation`). Weights say how often a row counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pandas import DataFrame

from models.arrays import Float64Array
from models.intervals import Mean, Ratio, Resampled

MOST_PAIRED = 2_500
"""Customers among whom pairs are compared: a regular sample of more."""


@dataclass(frozen=True)
class RankCorrelation(Resampled):
    """Spearman's correlation of two columns, ties in the middle; missing where one of them is the same for all."""

    expected: str
    came: str

    def resampled(self, frame: DataFrame, weights: Float64Array) -> Float64Array:
        """Its values for each row of weights, shape (B,)."""
        one, two = (_ranks(frame[name].to_numpy(dtype=float), weights) for name in (self.expected, self.came))
        total = weights.sum(axis=1, keepdims=True)
        one, two = (ranks - (weights * ranks).sum(axis=1, keepdims=True) / total for ranks in (one, two))
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = np.sqrt((weights * one**2).sum(axis=1) * (weights * two**2).sum(axis=1))
            return np.asarray(np.where(scale > 1e-9, (weights * one * two).sum(axis=1) / scale, np.nan))


@dataclass(frozen=True)
class Concordance(Resampled):
    """Harrell's C: of two customers one of whom is known to be back first, how often that one was expected first.

    Ties of what was expected count half. `wait` is what was expected, `back` the day of the next purchase, missing
    for who was not seen again within the window.
    """

    wait: str
    back: str

    def resampled(self, frame: DataFrame, weights: Float64Array) -> Float64Array:
        """Its values for each row of weights, shape (B,)."""
        step = -(-len(frame) // MOST_PAIRED)
        wait, back = (frame[name].to_numpy(dtype=float)[::step] for name in (self.wait, self.back))
        w = weights[:, ::step].astype(np.float32)
        first = (back[:, None] < np.where(np.isnan(back), np.inf, back)[None, :]).astype(np.float32)
        right = first * ((wait[:, None] < wait[None, :]) + 0.5 * (wait[:, None] == wait[None, :])).astype(np.float32)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(_paired(w, right) / _paired(w, first), dtype=float)


def _paired(weights: np.typing.NDArray[np.float32], pairs: np.typing.NDArray[np.float32]) -> Float64Array:
    return np.asarray(((weights @ pairs) * weights).sum(axis=1), dtype=float)


def _ranks(values: Float64Array, weights: Float64Array) -> Float64Array:
    """The mid-ranks of the values among rows that count so often, shape (B, rows)."""
    different, place = np.unique(values, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(different)))
    counts = np.add.reduceat(weights[:, order], starts, axis=1)
    return np.asarray((np.cumsum(counts, axis=1) - counts / 2)[:, place])


STATISTICS: Mapping[str, Resampled] = {
    "deviance": Mean("deviance"),
    "mae": Mean("absolute_error"),
    "rank_correlation": RankCorrelation("expected", "spent"),
    "total_ratio": Ratio("expected", "spent"),
    "coverage": Mean("covered"),
    "visits_mae": Mean("visits_absolute_error"),
    "visits_rank_correlation": RankCorrelation("visits_expected", "visits"),
    "visits_total_ratio": Ratio("visits_expected", "visits"),
    "visits_coverage": Mean("visits_covered"),
    "concordance": Concordance("mean_wait", "next_in"),
    "next_coverage": Mean("next_covered"),
}
"""`deviance` is that of a Tweedie distribution of power 1.5; `total_ratio` the sum expected over the sum that came."""
AMOUNTS = tuple(name for name in STATISTICS if name not in ("concordance", "next_coverage"))
"""Those of a horizon's amounts: told of the longer horizons too."""
