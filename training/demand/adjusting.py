"""What is done to the boosters' word, learnt on past windows: each step on top of those before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.demand.adjustments import Adjustments
from training.demand import alignment, counting_shares, level, shifting
from training.demand.forecast_windows import ForecastWindow


def learn(windows: Sequence[ForecastWindow]) -> Adjustments:
    """Shares of counting, strength of the alignment, level, and shifts of the quantiles."""
    found = Adjustments(counting_shares.shares(windows))
    found = replace(found, alignment=alignment.strength(windows, found))
    found = replace(found, level=level.correction(windows, found))
    return replace(found, shifts=shifting.shifts(windows, found))
