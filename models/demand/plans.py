"""What is known ahead of the days that are forecast: holidays, closures, and other signals.

A calendar row without `known_from` counts as announced once its day lies within the horizon, at every training
origin alike. Besides the announced closures there are quiet holidays: past ones on which the shop sold clearly
less than usual (short opening hours). The run-up to both looks alike, so they are counted together as `closing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from core import query_engine
from core.clock import present
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from models import artifact
from models.arrays import Float64Array
from models.demand.public_holidays import public_holidays
from models.demand.series import Histories
from models.demand.signals.readings import NOTHING_OUTSIDE, KnownSignals, Signals, signals_of

READS = (
    Read(
        "calendar",
        ("date", "name", "value", "region", "known_from"),
        "holidays, closures and outside signals in demand forecasts",
    ),
)
QUIET = 0.75
"""A holiday on which the shop sold less than this share of the four same weekdays before was a quiet one."""
CALENDAR = "calendar.json"
FEASTS = ("christmas day", "easter sunday", "thanksgiving")
"""Holidays that are spent at home, by what their names hold: quiet ones to come, as long as none was seen to be loud.
Common knowledge, not learnt: one year of data shows none of them twice."""
_OBSERVED = "(observed)"
_RARE = 36
_SEASONAL = 8
"""A holiday on more days a year, such as a pay day, is tried as a signal as well."""


@dataclass(frozen=True)
class Day:
    """A holiday, or a day on which the shop is closed."""

    day: date
    closure: bool
    known_from: date | None = None
    feast: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Day:
        """The day of a row as `Calendar.save` writes it."""
        known_from = row["known_from"] and date.fromisoformat(row["known_from"])
        return cls(date.fromisoformat(row["day"]), row["closure"], known_from or None, row.get("feast", False))


@dataclass(frozen=True)
class Plans:
    """The days known at an origin, sorted: `closed` are announced closures, `closing` those and quiet holidays.

    `signals` are all others that the calendar tells.
    """

    holidays: tuple[date, ...] = ()
    closed: frozenset[date] = frozenset()
    closing: tuple[date, ...] = ()
    signals: KnownSignals = NOTHING_OUTSIDE


@dataclass(frozen=True)
class Calendar:
    """The shop's calendar as far as demand uses it, read once."""

    days: tuple[Day, ...] = field(default=())
    signals: Signals = field(default=Signals())

    def announced(self, as_of: date) -> Calendar:
        """Without what is announced at or after a date: what a model trained as of it may keep."""
        days = tuple(day for day in self.days if day.known_from is None or day.known_from <= as_of)
        return Calendar(days, self.signals.announced(as_of))

    def reaching(self, as_of: date) -> Calendar:
        """With signals known as far ahead of every origin as they are at this one (`Signals.reaching`)."""
        return replace(self, signals=self.signals.reaching(as_of))

    def using(self, names: Iterable[str]) -> Calendar:
        """With these signals alone: what a model keeps that uses no others."""
        return replace(self, signals=self.signals.only(names))

    def save(self, directory: Path) -> None:
        """Write it as JSON into a folder."""
        rows = [
            {
                "day": day.day.isoformat(),
                "closure": day.closure,
                "known_from": day.known_from and day.known_from.isoformat(),
                "feast": day.feast,
            }
            for day in self.days
        ]
        content: dict[str, Any] = {"days": rows}
        if self.signals.each:
            content["signals"] = self.signals.as_json()
        artifact.write_json(directory / CALENDAR, content)

    @classmethod
    def load(cls, directory: Path) -> Calendar:
        """The calendar of a folder; one of a release that kept none is empty."""
        if not (directory / CALENDAR).exists():
            return cls()
        content = artifact.read_json(directory / CALENDAR)
        signals = Signals.of(content["signals"]) if "signals" in content else Signals()
        return cls(tuple(Day.of(row) for row in content["days"]), signals)

    def known(self, as_of: date, horizon_days: int, quiet: Sequence[date] = ()) -> Plans:
        """What is known at `as_of` of the days up to the horizon, with the quiet holidays seen so far."""
        until = as_of + timedelta(days=horizon_days)
        known = [d for d in self.days if (d.day < until if d.known_from is None else d.known_from <= as_of)]
        closed = frozenset(d.day for d in known if d.closure)
        holidays = sorted({d.day for d in known if not d.closure})
        closing = tuple(sorted(closed | {day for day in quiet if day < until}))
        return Plans(tuple(holidays), closed, closing, KnownSignals(self.signals))


NO_CALENDAR = Calendar()


@of_one_generation
def calendar(workspace: Workspace) -> Calendar:
    """The holidays, closures and other signals of the shop's calendar.

    A closure is a name with `clos` in it and a value above 0. A holiday is any other name that is nothing but 1 (or
    0), on at most 36 days a year. All other names are signals, and those of a holiday on more than 8 days a year; one
    that is nothing but 1 is 0 on the days that are not listed. The public holidays of `demand.holidays` count beside
    them.
    """
    named = workspace.settings.demand.holidays
    public = public_holidays(named, present(workspace)) if named else ()
    told = _told(workspace)
    return replace(told, days=(*told.days, *(Day(day, closure=False, feast=_feast(name)) for day, name in public)))


def _told(workspace: Workspace) -> Calendar:
    """What the table `calendar` tells."""
    files = [str(path) for path in workspace.tables.files("calendar")]
    if not files:
        return NO_CALENDAR
    with query_engine.connect(workspace) as connection:
        source = connection.read_parquet(files)
        wanted = source.select("date, name, value, region, known_from")
        rows = wanted.order("date, name, region, known_from NULLS FIRST").fetchall()
    # Of a closure or holiday that was told more than once, the last telling counts: it may have been taken back.
    newest = list({row[:2] + row[3:4]: row for row in rows}.values())
    days = [Day(d, closure=True, known_from=k) for d, n, value, _, k in newest if _closure(n) and value > 0]
    others = [row for row in rows if not _closure(row[1])]
    plain = _plain_names(others)
    marked = [(day, name, known) for day, name, value, _, known in newest if value == 1 and name in plain]
    listed_on = [(day, name) for day, name, _ in marked]
    rare, seasonal = _rare_names(listed_on, _RARE), _rare_names(listed_on, _SEASONAL)
    recurring = {name for name in rare - seasonal if not name.endswith(_OBSERVED)}
    days += [Day(d, False, k, _feast(n)) for d, n, k in marked if n in rare and not n.endswith(_OBSERVED)]
    outside = [row for row in others if row[1] not in rare - recurring]
    listed = plain - {name for _, name, value, *_ in others if value == 0}
    return Calendar(tuple(days), signals_of(outside, listed, workspace.settings.demand.series))


def quiet_holidays(histories: Histories, days: Calendar) -> tuple[date, ...]:
    """Holidays on which the shop as a whole sold less than `QUIET` of the four same weekdays before.

    Feasts that are still to come are expected to be quiet, unless all that were seen were not.
    """
    if histories.freq != "D":
        return ()
    total = histories.units.sum(0)
    seen = {day: _share_of_usual(total, histories, day.day) for day in days.days if not day.closure}
    quiet = {day.day for day, share in seen.items() if share is not None and share < QUIET}
    feasts = [share for day, share in seen.items() if day.feast and share is not None]
    if not feasts or min(feasts) < QUIET:
        quiet |= {day.day for day in seen if day.feast and day.day >= histories.origin}
    return tuple(sorted(quiet))


def _share_of_usual(total: Float64Array, histories: Histories, holiday: date) -> float | None:
    """Units of a past day over the median of the four same weekdays before; None: not in the history."""
    column = histories.periods - (histories.origin - holiday).days
    if not 28 <= column < histories.periods:
        return None
    usual = float(np.median([total[column - 7 * week] for week in range(1, 5)]))
    return float(total[column]) / usual if usual > 0 else None


def _feast(name: str) -> bool:
    return any(feast in name.lower() for feast in FEASTS)


def _closure(name: str) -> bool:
    return "clos" in name.lower()


def _plain_names(rows: Sequence[tuple[Any, ...]]) -> set[str]:
    """Those that are nothing but 1 or 0."""
    return {row[1] for row in rows} - {row[1] for row in rows if row[2] not in (0, 1)}


def _rare_names(rows: Sequence[tuple[date, str]], most: int) -> set[str]:
    """Those on at most so many days a year."""
    if not rows:
        return set()
    years = max((max(day for day, _ in rows) - min(day for day, _ in rows)).days / 365.25, 1.0)
    names = [name for _, name in set(rows)]
    return {name for name in set(names) if names.count(name) <= most * years}
