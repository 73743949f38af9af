"""Silences: somebody knows of an alert, says why nobody needs to hear of it, and until when.

A silence is of a source and a subject, so that it outlives an alert that closes and comes back. It holds while the
alert is no worse than it was when silence was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core import utc
from core.alert_levels import Level, rank
from core.state.schema import ALERT_SILENCES


@dataclass(frozen=True)
class Silence:
    """Who asked for silence from `at` to `until`, and why; `level` is the worst that it covers."""

    source: str
    subject: str
    level: Level
    who: str
    reason: str
    at: str
    until: str

    def covers(self, level: Level) -> bool:
        """Whether nobody is told of an alert of this level."""
        return rank(level) <= rank(self.level)


def keep(connection: sa.Connection, silence: Silence) -> None:
    """Add a silence; it takes the place of an earlier one of the same alert."""
    connection.execute(ALERT_SILENCES.insert().values(**vars(silence)))


def in_force(connection: sa.Connection) -> Mapping[tuple[str, str], Silence]:
    """The silences that hold now, by source and subject: of each the newest, unless it is over."""
    columns = [column for column in ALERT_SILENCES.c if column.name != "id"]
    rows = connection.execute(sa.select(*columns).order_by(ALERT_SILENCES.c.id)).mappings()
    newest = {(row["source"], row["subject"]): _silence(row) for row in rows}
    now = utc.text()
    return {key: silence for key, silence in newest.items() if silence.until > now}


def _silence(row: Mapping[Any, Any]) -> Silence:
    return Silence(**row)
