"""All that came of the bench of recommendation on a shop: who is ahead, and how it went date by date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from models.intervals import Resampled
from models.recommendation.metrics import STATISTICS
from pipelines.bench.contests.standings import SERVED, Standing, Yardstick, served_of
from pipelines.bench.recommendation.list_contest import ListWindow

ALL, NEW = "ndcg@10", "ndcg@10_new"
SHOWN = (ALL, NEW, "recall@10", "recall@10_new", "coverage", "diversity")


@cache
def yardstick() -> Yardstick:
    """The metrics shown, as the product computes them; both modes are compared."""
    shown = {name: one for name in SHOWN if isinstance(one := STATISTICS[name], Resampled)}
    return Yardstick(shown, {ALL: True, NEW: True}, ALL)


@dataclass(frozen=True)
class DateResult:
    """NDCG@10 of one candidate on the window of one date."""

    as_of: str
    name: str
    all: float
    new: float

    def row(self) -> tuple[object, ...]:
        """For the table."""
        return (self.as_of, self.name, f"{self.all:.4f}", f"{self.new:.4f}")


@dataclass(frozen=True)
class ListStandings:
    """All of a shop, the best in mode `all` first."""

    shop: str
    dates: tuple[str, ...]
    customers: int
    standings: tuple[Standing, ...]
    by_date: tuple[DateResult, ...]

    def served(self) -> Standing:
        """The product's own."""
        return served_of(self.standings)

    def shown(self) -> Iterator[DateResult]:
        """By date: the product, and the best of the others in each mode."""
        others = [each for each in self.standings if each.name != SERVED]
        best = {min(others, key=lambda each: each.ranks[mode]).name for mode in (ALL, NEW)} if others else set()
        return (each for each in self.by_date if each.name in {SERVED, *best})

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "shop": self.shop,
            "dates": list(self.dates),
            "customers": self.customers,
            "candidates": [each.as_dict() for each in self.standings],
            "by_date": [vars(each) for each in self.by_date],
        }


def stand(shop: str, windows: Sequence[ListWindow], seed: int) -> ListStandings:
    """Measure every candidate of a shop."""
    standings = yardstick().stand([window.entries for window in windows], seed)
    return ListStandings(
        shop,
        tuple(str(window.as_of) for window in windows),
        round(float(np.mean([len(window.entries[SERVED].frame) for window in windows]))),
        standings,
        tuple(
            DateResult(
                str(window.as_of),
                each.name,
                *(float(STATISTICS[mode](window.entries[each.name].frame)) for mode in (ALL, NEW)),
            )
            for window in windows
            for each in standings
        ),
    )
