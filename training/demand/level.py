"""By how much all forecasts were too low or too high on past windows, as far as that is no chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.demand.adjustments import Adjustments
from training.demand.forecast_windows import ForecastWindow

USUAL_DEVIATION = 0.1
"""How far the sum over a window is off by chance, as a logarithm, where windows do not tell: 0.02 to 0.1 on three
shops with forecasts that are off in neither direction."""
MOST = 1.5


def correction(windows: Sequence[ForecastWindow], so_far: Adjustments) -> float:
    """What to multiply forecasts by, 1 / `MOST` to `MOST`.

    The mean logarithm of units sold over units forecast, less its standard error, and held to 0 as by one window more:
    a shop that grows in one window may shrink in the next.
    """
    off = [_off(window, so_far) for window in windows]
    known = np.array([each for each in off if each is not None])
    if not len(known):
        return 1.0
    deviation = max(float(known.std(ddof=1)), USUAL_DEVIATION / 2) if len(known) > 1 else USUAL_DEVIATION
    mean = float(known.mean())
    certain = np.sign(mean) * max(abs(mean) - deviation / np.sqrt(len(known)), 0.0)
    held = certain * len(known) / (len(known) + 1)
    return float(np.exp(np.clip(held, -np.log(MOST), np.log(MOST))))


def _off(window: ForecastWindow, so_far: Adjustments) -> float | None:
    units = window.sold[window.known]
    forecast, sold = float(window.forecast(so_far).mean[np.isfinite(units)].sum()), float(np.nansum(units))
    return float(np.log(sold / forecast)) if forecast > 0 and sold > 0 else None
