"""The days of a simulated shop: how much is bought on each, and when in the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from core.utc import aware
from models.arrays import Float64Array, Int64Array

_BY_HOUR = np.array([0, 0, 0, 0, 0, 0, 1, 2, 4, 6, 7, 7, 8, 7, 6, 6, 7, 8, 9, 9, 8, 6, 3, 0], dtype=float)
"""How much is bought in each hour of the shop's clock; nothing when clocks are set."""
MICROSECONDS = 1_000_000
DAY_MICROSECONDS = 86_400 * MICROSECONDS


@dataclass(frozen=True)
class Timeline:
    """Days are counted from the shop's first, with fractions; `weight` is how much is bought on a day, 1 on average.

    On the shop's own clock (`busy`) as much is bought in every hour as in any other: seasons are in the clock, and a
    customer buys at an even rate on it.
    """

    first: date
    zone: str
    weight: Float64Array

    @property
    def days(self) -> int:
        """How many."""
        return len(self.weight)

    @cached_property
    def _sums(self) -> Float64Array:
        return np.concatenate([[0.0], np.cumsum(self.weight)])

    @cached_property
    def _borders(self) -> Float64Array:
        return np.arange(self.days + 1, dtype=float)

    def busy(self, at: Float64Array) -> Float64Array:
        """Days as the shop's own clock tells them."""
        return np.interp(at, self._borders, self._sums)

    def days_at(self, busy: Float64Array) -> Float64Array:
        """The inverse of `busy`."""
        return np.asarray(np.minimum(np.interp(busy, self._sums, self._borders), np.nextafter(self.days, 0)))

    def microseconds(self, at: Float64Array) -> Int64Array:
        """UTC, since 1970; the order of moments stays."""
        day = at.astype(np.int64)
        hours = np.concatenate([[0.0], np.cumsum(_BY_HOUR) / _BY_HOUR.sum()])
        within = np.interp(at - day, hours, np.arange(25) * 3600.0)
        return np.asarray(self.midnights[day] + within.astype(np.int64) * MICROSECONDS)

    @cached_property
    def midnights(self) -> Int64Array:
        """Of each day, in UTC, as told by noon: clocks are set at night, when nothing is bought."""
        noons = [datetime.combine(day, time(12), ZoneInfo(self.zone)) for day in self.dates]
        return np.array([int(aware(noon).timestamp() - 43_200) * MICROSECONDS for noon in noons], dtype=np.int64)

    @property
    def end(self) -> int:
        """The first moment after the last day, in microseconds since 1970."""
        return int(self.midnights[-1]) + DAY_MICROSECONDS

    @cached_property
    def dates(self) -> list[date]:
        """Every day."""
        return [self.first + timedelta(days=day) for day in range(self.days)]

    def date_of(self, day: int) -> date:
        """A day by its number, which may lie before the first."""
        return self.first + timedelta(days=int(day))

    def number_of(self, day: date) -> int:
        """A day's number; below 0 before the first."""
        return (day - self.first).days
