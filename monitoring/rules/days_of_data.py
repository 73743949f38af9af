"""Days of data in a row, whatever the rhythm of looking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

CADENCE_DAYS = 7
"""Runs are at most this far apart in a chain of days in a row: monitoring runs daily or weekly."""


def days_in_a_row(as_of: date, now: bool, earlier: Mapping[date, bool]) -> int:
    """How many days up to and with `as_of` hold, each run speaking for the days since the one before it.

    `earlier` are the runs before, by day. A run that does not hold, or a gap of more than a week, ends the chain.
    """
    if not now:
        return 0
    first = as_of
    for day in sorted(earlier, reverse=True):
        if day >= first:
            continue
        if not earlier[day] or first - day > timedelta(days=CADENCE_DAYS):
            break
        first = day
    return (as_of - first).days + 1
