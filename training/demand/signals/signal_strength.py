"""How far forecasts follow outside signals, chosen on what the boosters said of past windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.demand.adjustments import Adjustments
from models.demand.metrics import STATISTICS
from models.demand.signals.use import UNUSED, SignalUse, Term
from training.demand.forecast_windows import ForecastWindow

GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
USUAL = 0.5
"""The strength where no window is known."""
FIRMNESS = 0.5
"""None at all counts as much as half a window: that signals help was seen on many windows already."""


def followed(windows: Sequence[ForecastWindow], so_far: Adjustments, terms: tuple[Term, ...]) -> SignalUse:
    """The terms with the best strength of the grid by WRMSSE over the windows, held towards none; none if that is 0."""
    if not terms:
        return UNUSED
    losses = [
        np.mean(
            [STATISTICS["WRMSSE"](window.scores(replace(so_far, signals=SignalUse(terms, each)))) for window in windows]
        )
        for each in GRID
        if windows
    ]
    best = GRID[int(np.nanargmin(losses))] if np.isfinite(losses).any() else USUAL
    strength = len(windows) * best / (len(windows) + FIRMNESS) if windows else USUAL
    return SignalUse(terms, strength) if strength else UNUSED
