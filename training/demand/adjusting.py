"""What is done to the boosters' word, learnt on past windows: each step on top of those before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.demand.adjustments import Adjustments
from models.demand.signals.use import Term
from training.demand import alignment, counting_shares, level, shifting
from training.demand.forecast_windows import ForecastWindow
from training.demand.signals import signal_strength


def learn(windows: Sequence[ForecastWindow], terms: tuple[Term, ...] = ()) -> Adjustments:
    """Shares of counting, strength of the alignment, outside signals (`terms`), level, and shifts of the quantiles."""
    found = Adjustments(counting_shares.shares(windows))
    found = replace(found, alignment=alignment.strength(windows, found))
    found = replace(found, signals=signal_strength.followed(windows, found, terms))
    found = replace(found, level=level.correction(windows, found))
    return replace(found, shifts=shifting.shifts(windows, found))
