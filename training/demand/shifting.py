"""Shifts of the quantiles after which they covered on past windows what they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import Float64Array
from models.demand.adjustments import Adjustments, width
from models.demand.forecast import LEVELS
from training.demand.forecast_windows import ForecastWindow

MAX_SHIFT = 0.25


def shifts(windows: Sequence[ForecastWindow], so_far: Adjustments) -> tuple[float, ...]:
    """Per quantile, in units of the distance from q05 to q95, from all windows together."""
    return calibrate(*_spread(windows, so_far)) if windows else (0.0,) * len(LEVELS)


def calibrate(quantiles: Float64Array, sold: Float64Array) -> tuple[float, ...]:
    """Shifts by which `sold` (N,) lies below each of `quantiles` (N, 5) as often as it says."""
    distance = width(quantiles)[:, 0]
    told = distance > 0
    if not told.any():
        return (0.0,) * len(LEVELS)
    miss = (sold[told, None] - quantiles[told]) / distance[told, None]
    found = [float(np.quantile(miss[:, place], level)) for place, level in enumerate(LEVELS)]
    return tuple(float(np.clip(shift, -MAX_SHIFT, MAX_SHIFT)) for shift in found)


def _spread(windows: Sequence[ForecastWindow], so_far: Adjustments) -> tuple[Float64Array, Float64Array]:
    quantiles = [window.forecast(so_far).quantiles.reshape(-1, len(LEVELS)) for window in windows]
    sold = [window.sold[window.known].reshape(-1) for window in windows]
    units = np.concatenate(sold)
    told = np.isfinite(units)
    return np.concatenate(quantiles)[told], units[told]
