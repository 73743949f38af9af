"""The shop's present, and the borders of its days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core import utc
from core.errors import DataError, UsageError
from core.workspace import Workspace


def present(workspace: Workspace) -> date:
    """The shop's present day: nothing at or after its first minute is known.

    Raises:
        NotReady: `clock = "data"` and no orders yet.
    """
    if workspace.settings.clock == "data":
        return workspace.tables.last_day() + timedelta(days=1)
    return utc.now().astimezone(ZoneInfo(workspace.tables.timezone)).date()


def now(workspace: Workspace) -> datetime:
    """The shop's present moment in UTC: with `clock = "data"` the first of its present day."""
    if workspace.settings.clock == "data":
        return day_start(present(workspace), workspace.tables.timezone)
    return utc.now()


def day_start(day: date, zone: str) -> datetime:
    """00:00 of a day in the shop's zone, in UTC (aware)."""
    return utc.aware(datetime.combine(day, time(), ZoneInfo(zone)))


def resolve_as_of(workspace: Workspace, text: str | None, *, any_past: bool = False) -> date:
    """What `--as-of` means: a date, by default the present.

    With `any_past` a date before all data is let through, for who knows better which date is the earliest.

    Raises:
        UsageError: not a date.
        DataError: before any data, or later than the present.
    """
    if text is None:
        return present(workspace)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text!r} is not a date", todo="write it as YYYY-MM-DD") from None
    earliest = workspace.tables.first_day() + timedelta(days=1)
    if day < earliest and not any_past:
        raise DataError(f"no data before {day}", todo=f"the earliest possible --as-of is {earliest}")
    latest = present(workspace)
    if day > latest:
        raise DataError(f"{day} lies ahead of the shop's present", todo=f"the latest possible --as-of is {latest}")
    return day
