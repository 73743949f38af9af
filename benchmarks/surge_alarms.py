"""How often the surge flag is raised, how often falsely, what it misses, and whether the chance said with it holds.

    python -m benchmarks.surge_alarms WORKSPACE 2017-09-08 --series category

WORKSPACE has tables (`regulars ingest`); nothing in it is changed, and nothing on or after the day is read. Each of the
shop's last weeks before it is looked at as if it were the last, as is each week of a year of invented series whose
demand never changes: there every flag is false. Into the same weeks a surge is planted, one week at a time, which sells
three times as much.

A flag is raised where DESIGN's rule says so. The chance is `surge_chances`; it holds if of all weeks as many have a
chance of at most 1 in 100 as that says.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from core.settings import Rules
from core.workspace import Workspace
from models.arrays import Float64Array
from models.demand.dataset import histories
from models.demand.series import Histories
from models.demand.surges import surge_chances, surges

CHANCES = (0.1, 0.01, 0.001)
TIMES = 3.0
LEVELS = (1.0, 5.0, 20.0, 100.0)
"""Units a week."""
DISPERSIONS = (0.0, 0.1, 0.5)
"""The square of a week's coefficient of variation beyond that of a Poisson week."""
SERIES, WEEKS, JUDGED = 500, 104, 52
EARLIEST = 12
"""Weeks of history with which a shop is looked at first."""


@dataclass
class Count:
    """What was seen in some series-weeks."""

    weeks: int = 0
    flags: int = 0
    unusual: int = 0
    """Flags whose chance is at most 1 in 100."""
    planted: int = 0
    found: int = 0
    found_unusual: int = 0
    rare: Float64Array | None = None

    def look(self, seen: Histories, rules: Rules) -> None:
        """Add the last week of each series that is known for long enough, as it is and with a surge planted."""
        chances = surge_chances(seen)
        told = np.isfinite(chances)
        flags = surges(seen, rules) & told
        self.weeks += int(told.sum())
        self.flags += int(flags.sum())
        self.unusual += int((flags & (chances <= CHANCES[1])).sum())
        rare = np.array([(chances[told] <= each).sum() for each in CHANCES], dtype=float)
        self.rare = rare if self.rare is None else self.rare + rare
        units, week = seen.units.copy(), 7 // seen.days
        units[:, -week:] *= TIMES
        planted = replace(seen, units=units)
        sells = told & (units[:, -week:].sum(1) >= rules.surge_units)
        found = surges(planted, rules) & sells
        self.planted += int(sells.sum())
        self.found += int(found.sum())
        self.found_unusual += int((found & (surge_chances(planted) <= CHANCES[1])).sum())

    def said(self) -> str:
        """The line of a table."""
        rare = np.zeros(len(CHANCES)) if self.rare is None else self.rare / max(self.weeks, 1)
        shares = [self.found / max(self.planted, 1), self.found_unusual / max(self.planted, 1)]
        figures = [
            f"{self.weeks:,}",
            f"{1000 * self.flags / max(self.weeks, 1):.2f}",
            f"{1000 * self.unusual / max(self.weeks, 1):.2f}",
            *(f"{share:.2%}" for share in rare),
            *(f"{share:.0%}" if self.planted else "-" for share in shares),
        ]
        return " | ".join(figures)


def earlier(known: Histories) -> Iterator[Histories]:
    """The same as of each of the weeks before, the latest first."""
    week = 7 // known.days
    for back in range(known.periods // week - EARLIEST):
        there = known.periods - back * week
        begun = np.flatnonzero(known.started < there)
        seen = known.select(begun)
        yield replace(seen, units=seen.units[:, :there])


def unchanged(level: float, dispersion: float, rng: np.random.Generator) -> Histories:
    """Weeks of series that all sell `level` in the mean, as weekly series."""
    means = np.full((SERIES, WEEKS), level)
    if dispersion:
        means *= rng.gamma(1 / dispersion, dispersion, means.shape)
    none = np.zeros(SERIES)
    return Histories(
        tuple(map(str, range(SERIES))), date(2017, 1, 2), "W", rng.poisson(means).astype(float), none.astype(int), none,
        np.zeros((SERIES, 2)), np.zeros((1, SERIES, WEEKS)), WEEKS, none > 0,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("day", type=date.fromisoformat)
    parser.add_argument("--series", nargs="+", default=["category"])
    asked = parser.parse_args()
    shop = Workspace.open(asked.workspace)
    demand = shop.settings.demand.model_copy(update={"series": tuple(asked.series)})
    shop.settings = shop.settings.model_copy(update={"demand": demand})
    header = "series-weeks | flags per 1,000 | of them 1 in 100 | <= 1 in 10 | 1 in 100 | 1 in 1,000"
    print(f"{header} | surges found | and 1 in 100")
    count = Count()
    for seen in earlier(histories(shop, asked.day)):
        count.look(seen, shop.settings.rules)
    print(f"{' x '.join(asked.series)}: {count.said()}")
    rng = np.random.default_rng(shop.settings.seed)
    for level in LEVELS:
        for dispersion in DISPERSIONS:
            count, whole = Count(), unchanged(level, dispersion, rng)
            for week in range(WEEKS - JUDGED, WEEKS):
                count.look(replace(whole, units=whole.units[:, : week + 1]), shop.settings.rules)
            print(f"unchanged, {level:g} a week, dispersion {dispersion:g}: {count.said()}")


if __name__ == "__main__":
    main()
