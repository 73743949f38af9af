"""Metrics of churn predictions, each for many bootstrap resamples at once.

A frame has one row per customer with `probability`, `risk_tier` and `churned` (0, 1). Weights say how often a row
counts. `precision@tier2` is the share that left of the customers in tier 2, `recall@tier2` the share of those who
left that was in it; `tiers1-3` are the customers for whom there is something to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from models.arrays import Float64Array
from models.intervals import Resampled

BINS = 10
TOP = 0.1
TIERS = {"tier1": (1, 1), "tier2": (2, 2), "tier3": (3, 3), "tiers1-3": (1, 3)}
_CLIP = 1e-6
Resampler = Callable[[Float64Array, Float64Array, Float64Array], Float64Array]


def probabilities(frame: DataFrame) -> Float64Array:
    """The probabilities of leaving, shape (rows,)."""
    return frame["probability"].to_numpy(dtype=float)


def in_tiers(lowest: int, highest: int) -> Callable[[DataFrame], Float64Array]:
    """1 for the customers whose tier lies between the two, 0 for the others, shape (rows,)."""
    return lambda frame: np.asarray(frame["risk_tier"].between(lowest, highest), dtype=float)


@dataclass(frozen=True)
class Metric(Resampled):
    """A metric of predictions p (probabilities, or 1 for the customers in some tiers) and labels y.

    It is computed under weights of shape (B, rows).
    """

    compute: Resampler
    predictions: Callable[[DataFrame], Float64Array] = probabilities
    biased: bool = False

    def resampled(self, frame: DataFrame, weights: Float64Array) -> Float64Array:
        """Its values for each row of weights, shape (B,)."""
        p, y = self.predictions(frame), frame["churned"].to_numpy(dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.compute(p, y, weights)


def roc_auc(p: Float64Array, y: Float64Array, weights: Float64Array) -> Float64Array:
    """P(one who left scores above one who stayed), ties half (Mann-Whitney)."""
    left, stayed, _ = _tied(p, y, weights, descending=False)
    below = np.cumsum(stayed, axis=1) - stayed
    wins = (left * (below + stayed / 2)).sum(axis=1)
    return np.asarray(wins / (left.sum(axis=1) * stayed.sum(axis=1)))


def pr_auc(p: Float64Array, y: Float64Array, weights: Float64Array) -> Float64Array:
    """Average precision: precision at each threshold, weighted by the recall it adds."""
    left, stayed, _ = _tied(p, y, weights, descending=True)
    hits = np.cumsum(left, axis=1)
    flagged = hits + np.cumsum(stayed, axis=1)
    precision = np.divide(hits, flagged, out=np.zeros_like(hits), where=flagged > 0)
    return np.asarray((left * precision).sum(axis=1) / left.sum(axis=1))


def log_loss(p: Float64Array, y: Float64Array, weights: Float64Array) -> Float64Array:
    """Mean negative log-likelihood; probabilities are clipped at 1e-6."""
    clipped = np.clip(p, _CLIP, 1 - _CLIP)
    losses = -(y * np.log(clipped) + (1 - y) * np.log(1 - clipped))
    return np.asarray(weights @ losses / weights.sum(axis=1))


def brier(p: Float64Array, y: Float64Array, weights: Float64Array) -> Float64Array:
    """Mean squared difference of probability and outcome."""
    return np.asarray(weights @ ((p - y) ** 2) / weights.sum(axis=1))


def calibration_error(p: Float64Array, y: Float64Array, weights: Float64Array) -> Float64Array:
    """ECE: |mean probability - share that left| per tenth of the scale, weighted by how many are in it."""
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    inside = bins[:, None] == np.arange(BINS)
    return np.asarray(np.abs(weights @ (inside * (p - y)[:, None])).sum(axis=1) / weights.sum(axis=1))


def lift_at_top(p: Float64Array, y: Float64Array, weights: Float64Array) -> Float64Array:
    """Share that left among the tenth with the highest probability, over the share in all; ties pro rata."""
    left, _, together = _tied(p, y, weights, descending=True)
    total = together.sum(axis=1, keepdims=True)
    top = np.ceil(TOP * total)
    room = np.clip(top - (np.cumsum(together, axis=1) - together), 0, None)
    part = np.divide(np.minimum(room, together), together, out=np.zeros_like(together), where=together > 0)
    return np.asarray((left * part).sum(axis=1) / top[:, 0] / (left.sum(axis=1) / total[:, 0]))


def precision(p: Float64Array, y: Float64Array, weights: Float64Array) -> Float64Array:
    """Share that left among the predicted; missing where nobody is."""
    return np.asarray(weights @ (p * y) / (weights @ p))


def recall(p: Float64Array, y: Float64Array, weights: Float64Array) -> Float64Array:
    """Share of the predicted among those who left; missing where nobody did."""
    return np.asarray(weights @ (p * y) / (weights @ y))


def _tied(
    p: Float64Array, y: Float64Array, weights: Float64Array, *, descending: bool
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Weights of those who left, who stayed, and both, summed over equal probabilities, in the order of p."""
    order: NDArray[np.intp] = np.argsort(-p if descending else p, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(p[order]) != 0]))
    ordered = weights[:, order]
    left = np.add.reduceat(ordered * y[order], starts, axis=1)
    together = np.add.reduceat(ordered, starts, axis=1)
    return left, together - left, together


STATISTICS: Mapping[str, Metric] = {
    "roc_auc": Metric(roc_auc),
    "pr_auc": Metric(pr_auc),
    "log_loss": Metric(log_loss),
    "brier": Metric(brier),
    "ece": Metric(calibration_error, biased=True),
    "lift@10%": Metric(lift_at_top),
    **{
        f"{name}@{tiers}": Metric(compute, in_tiers(*bounds))
        for tiers, bounds in TIERS.items()
        for name, compute in {"precision": precision, "recall": recall}.items()
    },
}
