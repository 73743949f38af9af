"""All that came of the bench of demand on a shop: who is ahead, and how it went origin by origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from pandas import DataFrame

from models.demand.metrics import STATISTICS
from models.intervals import Floats, Ratio, Resampled
from pipelines.bench.contests.standings import SERVED, Standing, Yardstick, served_of
from pipelines.bench.demand.series_contest import SeriesWindow

COVERAGE = "coverage 90%"


@dataclass(frozen=True)
class AbsoluteRatio(Ratio):
    """The absolute value of a ratio: biases of several windows in opposite directions do not cancel out."""

    def resampled(self, frame: DataFrame, weights: Floats) -> Floats:
        """Its values for each row of weights, shape (B,)."""
        return np.abs(super().resampled(frame, weights))


@cache
def yardstick() -> Yardstick:
    """The metrics shown, as the product computes them; the bias is the mean of the windows' absolute ones."""
    names = ("WRMSSE", "WSPL", COVERAGE, "bias")
    shown = {name: one for name in names if isinstance(one := STATISTICS[name], Resampled)}
    return Yardstick(shown | {"|bias|": AbsoluteRatio("error", "sold")}, {"WRMSSE": False, "WSPL": False}, "WRMSSE")


@dataclass(frozen=True)
class OriginResult:
    """The metrics of one candidate on the window of one origin."""

    origin: str
    name: str
    metrics: dict[str, float]

    def row(self) -> tuple[object, ...]:
        """For the table."""
        return (self.origin, self.name, *(f"{value:.4f}" for value in self.metrics.values()))


@dataclass(frozen=True)
class SeriesStandings:
    """All of a shop, the best by WRMSSE first."""

    shop: str
    origins: tuple[str, ...]
    series: int
    standings: tuple[Standing, ...]
    by_origin: tuple[OriginResult, ...]

    def served(self) -> Standing:
        """The product's own."""
        return served_of(self.standings)

    def shown(self) -> Iterator[OriginResult]:
        """By origin: the product, and the best of the others."""
        best = next((each.name for each in self.standings if each.name != SERVED), SERVED)
        return (each for each in self.by_origin if each.name in {SERVED, best})

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "shop": self.shop,
            "origins": list(self.origins),
            "series": self.series,
            "candidates": [each.as_dict() for each in self.standings],
            "by_origin": [vars(each) for each in self.by_origin],
        }


def stand(shop: str, windows: Sequence[SeriesWindow], seed: int) -> SeriesStandings:
    """Measure every candidate of a shop."""
    measured = yardstick()
    standings = measured.stand([window.entries for window in windows], seed)
    signed = {name: one for name, one in measured.statistics.items() if name != "|bias|"}
    return SeriesStandings(
        shop,
        tuple(str(window.origin) for window in windows),
        round(float(np.mean([len(window.entries[SERVED].frame) for window in windows]))),
        standings,
        tuple(
            OriginResult(
                str(window.origin),
                each.name,
                {name: float(one(window.entries[each.name].frame)) for name, one in signed.items()},
            )
            for window in windows
            for each in standings
        ),
    )
