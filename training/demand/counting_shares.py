"""How much of a forecast is counting (`models.demand.seasonal_level`), per class of series, from past windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import Float64Array
from models.demand.adjustments import CLASSES, Adjustments, Shares
from training.demand.forecast_windows import ForecastWindow

GRID = tuple(round(0.1 * step, 1) for step in range(11))
USUAL_MEAN, USUAL_QUANTILES = 0.05, 0.15
"""Shares where a class has no past; they count as much as one window with `PLENTY` series of the class does."""
PLENTY = 20


def shares(windows: Sequence[ForecastWindow]) -> Shares:
    """For each class what was best on the windows, held to the usual share where series and windows are few."""
    seen = [_windows_seen(windows, place) for place in range(len(CLASSES))]
    return Shares(
        _held(_losses(windows, "weighted_rmsse"), seen, USUAL_MEAN),
        _held(_losses(windows, "weighted_spl"), seen, USUAL_QUANTILES),
    )


def _windows_seen(windows: Sequence[ForecastWindow], place: int) -> float:
    """In how many windows a class was seen; with few series a window counts in part."""
    return float(sum(min((window.classes == place).sum() / PLENTY, 1.0) for window in windows))


def _losses(windows: Sequence[ForecastWindow], loss: str) -> Float64Array:
    """The sum of a loss over the windows by share and class, (shares, classes)."""
    losses = np.zeros((len(GRID), len(CLASSES)))
    for row, share in enumerate(GRID):
        alike = Adjustments(Shares((share,) * len(CLASSES), (share,) * len(CLASSES)))
        for window in windows:
            scores = window.scores(alike)
            weight = max(float(scores["weight"].sum()), 1e-9)
            losses[row] += np.bincount(window.classes, scores[loss], len(CLASSES)) / weight
    return losses


def _held(losses: Float64Array, seen: Sequence[float], usual: float) -> tuple[float, ...]:
    best = np.array(GRID)[losses.argmin(0)]
    return tuple(float((count * share + usual) / (count + 1)) for count, share in zip(seen, best, strict=True))
