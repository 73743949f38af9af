"""How far forecasts are drawn to the course of the shop's total, chosen on past windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.demand.adjustments import Adjustments
from models.demand.day_totals import STRENGTH
from models.demand.metrics import STATISTICS
from training.demand.forecast_windows import ForecastWindow

GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
FIRMNESS = 2.0
"""The usual strength counts as much as two windows do: the best of two windows alone is mostly luck."""


def strength(windows: Sequence[ForecastWindow], so_far: Adjustments) -> float:
    """The best strength of the grid by WRMSSE over the windows, drawn towards the usual one."""
    if not windows:
        return STRENGTH
    losses = [
        float(np.mean([STATISTICS["WRMSSE"](window.scores(replace(so_far, alignment=each))) for window in windows]))
        for each in GRID
    ]
    best = GRID[int(np.nanargmin(losses))] if np.isfinite(losses).any() else STRENGTH
    return (len(windows) * best + FIRMNESS * STRENGTH) / (len(windows) + FIRMNESS)
