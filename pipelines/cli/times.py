"""Times as people write them on the command line: 7d, 12h, 30m."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from core.errors import UsageError

UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60}
"""Seconds of a unit."""


def duration(text: str, option: str) -> timedelta:
    """The time that an option was given.

    Raises:
        UsageError: it is none.
    """
    number, unit = text[:-1], text[-1:]
    if not number.isdigit() or unit not in UNITS or len(number) > 5:
        raise UsageError(f"{option} {text!r} is no time", todo="write days, hours or minutes: 7d, 12h or 30m")
    return timedelta(seconds=int(number) * UNITS[unit])
