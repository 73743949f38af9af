"""Outside signals as the shop's calendar tells them, and what of them is known at an origin.

A value counts from its `known_from` on: a forecast one is known before its date, an observed one at it or later. Of
several values of a day the one that was known last counts. Without `known_from`, values up to the horizon ahead
count as announced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from models.arrays import Float64Array, Int64Array
from models.demand.series import Histories, split_id

NOT_TOLD = 0
"""The `known_from` of a value that has none."""
EVERYWHERE = ""


@dataclass(frozen=True)
class OutsideSignal:
    """The values of one name in one region, as ordinals of days; sorted by day, then by when they were known.

    listed: its rows only list the days on which something is (the value 1); on all others it is 0
    reach: days from the origin on that are known of values without `known_from`; None: all up to the horizon
    """

    name: str
    region: str
    days: tuple[int, ...]
    values: tuple[float, ...]
    known_from: tuple[int, ...]
    listed: bool = False
    reach: int | None = None

    def select(self, kept: Sequence[int]) -> OutsideSignal:
        """The same with some of its values."""
        return replace(
            self,
            days=tuple(self.days[i] for i in kept),
            values=tuple(self.values[i] for i in kept),
            known_from=tuple(self.known_from[i] for i in kept),
        )

    def daily(self, origin: int, back: int, ahead: int) -> Float64Array:
        """Its value on each day from `back` before the origin to `ahead` after it, nan where none is known."""
        days, told = np.array(self.days, dtype=int), np.array(self.known_from, dtype=int)
        reach = ahead if self.reach is None or self.listed else min(self.reach, ahead)
        known = np.where(told == NOT_TOLD, days < origin + reach, told <= origin)
        place = days - (origin - back)
        kept = known & (place >= 0) & (place < back + ahead)
        newest = np.full(back + ahead, -1)
        np.maximum.at(newest, place[kept], told[kept])
        kept[kept] = told[kept] == newest[place[kept]]
        count = np.bincount(place[kept], minlength=back + ahead)
        total = np.bincount(place[kept], np.array(self.values)[kept], minlength=back + ahead)
        return np.where(count > 0, total / np.maximum(count, 1), 0.0 if self.listed else np.nan)


@dataclass(frozen=True)
class Signals:
    """All signals of a shop; `keys` are those of its series, among which may be their region."""

    each: tuple[OutsideSignal, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """In alphabetical order."""
        return tuple(sorted({signal.name for signal in self.each}))

    def announced(self, as_of: date) -> Signals:
        """Without what was told at or after a date."""
        last = as_of.toordinal()
        return replace(
            self, each=tuple(s.select([i for i, d in enumerate(s.known_from) if d <= last]) for s in self.each)
        )

    def only(self, names: Iterable[str]) -> Signals:
        """Those with these names."""
        kept = set(names)
        return replace(self, each=tuple(signal for signal in self.each if signal.name in kept))

    def reaching(self, as_of: date) -> Signals:
        """Values without `known_from` count as known as far ahead of any origin as they are at this one.

        A signal that is only ever observed would else look, on past windows, as if it were known ahead.
        """
        first = as_of.toordinal()
        return replace(self, each=tuple(replace(s, reach=_reach(s, first)) for s in self.each))

    def as_json(self) -> dict[str, Any]:
        """As a saved calendar holds them."""
        return {"keys": list(self.keys), "each": [vars(signal) for signal in self.each]}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Signals:
        """Those that `as_json` wrote."""
        each = [
            OutsideSignal(**(row | {name: tuple(row[name]) for name in ("days", "values", "known_from")}))
            for row in content["each"]
        ]
        return cls(tuple(each), tuple(content["keys"]))


@dataclass(frozen=True)
class KnownSignals:
    """What is known of the signals at an origin."""

    signals: Signals = Signals()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all signals."""
        return self.signals.names

    def values(self, name: str, histories: Histories, horizon: int) -> Float64Array:
        """A signal's mean in each period behind and ahead, (regions, T + horizon), nan where none is known."""
        back, ahead = histories.periods * histories.days, horizon * histories.days
        origin, named = histories.origin.toordinal(), [s for s in self.signals.each if s.name == name]
        rows = {s.region: s.daily(origin, back, ahead) for s in named}
        mean = _mean(np.array(list(rows.values())))
        regions = self.regions(histories)
        daily = np.array([rows.get(region, rows.get(EVERYWHERE, mean)) for region in regions])
        return (
            daily if histories.days == 1 else _mean(daily.reshape(len(regions), -1, histories.days).transpose(2, 0, 1))
        )

    def regions(self, histories: Histories) -> tuple[str, ...]:
        """The regions of the series in alphabetical order; one that is everywhere where series have none."""
        return tuple(sorted(set(self._region_of_each(histories))))

    def places(self, histories: Histories) -> Int64Array:
        """The place of each series' region among the regions, (S,)."""
        place = {region: row for row, region in enumerate(self.regions(histories))}
        return np.array([place[region] for region in self._region_of_each(histories)], dtype=np.int64)

    def _region_of_each(self, histories: Histories) -> list[str]:
        keys = self.signals.keys
        if "region" not in keys or all(signal.region == EVERYWHERE for signal in self.signals.each):
            return [EVERYWHERE] * len(histories.ids)
        place = keys.index("region")
        return [split_id(series, keys)[place] for series in histories.ids]


NOTHING_OUTSIDE = KnownSignals()


def signals_of(
    rows: Iterable[tuple[date, str, float, str | None, date | None]], listed: Iterable[str], keys: tuple[str, ...]
) -> Signals:
    """Signals from rows of the calendar: day, name, value, region, known_from; values that are no number are none."""
    found: dict[tuple[str, str], list[tuple[int, int, float]]] = defaultdict(list)
    for day, name, value, region, known_from in rows:
        if np.isfinite(value):
            told = known_from.toordinal() if known_from else NOT_TOLD
            found[name, region or EVERYWHERE].append((day.toordinal(), told, float(value)))
    events, each = set(listed), []
    for (name, region), values in sorted(found.items()):
        days, told_from, numbers = zip(*sorted(values), strict=True)
        each.append(OutsideSignal(name, region, days, numbers, told_from, name in events))
    return Signals(tuple(each), keys)


def _reach(signal: OutsideSignal, as_of: int) -> int | None:
    days = [day for day, told in zip(signal.days, signal.known_from, strict=True) if told == NOT_TOLD]
    return None if signal.listed or not days else max(max(days) - as_of + 1, -_LONGEST)


_LONGEST = 3650


def _mean(values: Float64Array) -> Float64Array:
    """Over the first axis, as far as known."""
    known = np.isfinite(values)
    total, count = np.where(known, values, 0.0).sum(0), known.sum(0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
