"""Feeds that fell silent: each table of facts against its own rhythm, by the wall clock, whatever `clock` says.

With `clock = "data"` the shop's present stops with its last order, so a feed that stops would never be late. What
tells is the wall: a shop whose orders came up to date when they were last read is live, and is late from then on as
the days pass. One whose orders ended long before they were read is a past: its feed can't be judged.

A table is allowed the longest time that passed between two of its last arrivals (a weekly file is no silence), and
what its own days of the week explain (`data_quality.timeliness`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import duckdb

from core import utc
from core.clock import present
from core.messages import Message
from core.workspace import Workspace
from feature_repo.contract import TABLES
from monitoring.data_quality.timeliness import MIN_DAYS, Rhythm, rhythm_of
from monitoring.results import QualityCheck

ARRIVALS = 10
UNKNOWN_PACE_DAYS = 6
"""What a table is allowed of which only one arrival is known: files come daily or weekly."""


@dataclass(frozen=True)
class _Feed:
    """A table of facts: the rows of its days, and the days on which something of it arrived, oldest first."""

    table: str
    counts: dict[date, int]
    arrivals: list[date]

    @property
    def last(self) -> date:
        return max(self.counts)

    @property
    def pace(self) -> int:
        """Days that usually pass between two arrivals, at most."""
        gaps = [(after - before).days for before, after in pairwise(self.arrivals)]
        return max(gaps, default=UNKNOWN_PACE_DAYS)


def checks(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> Iterator[QualityCheck]:
    """One check per table of facts that has a rhythm of its own."""
    for name, spec in TABLES.items():
        if spec.kind == "fact" and workspace.tables.has(name):
            feed = _feed(connection, workspace, name, as_of)
            if feed.counts and (name == "orders" or len(feed.counts) >= MIN_DAYS):
                yield _check(workspace, feed, as_of)


def _check(workspace: Workspace, feed: _Feed, as_of: date) -> QualityCheck:
    rhythm = rhythm_of(feed.counts)
    if rhythm.days < MIN_DAYS:
        return _unjudged(feed, Message("check.feed.too_early", {"table": feed.table, "more": MIN_DAYS - rhythm.days}))
    if as_of < present(workspace):
        return _judged(feed, rhythm, as_of, 0)
    read = feed.arrivals[-1]
    ended = (read - feed.last).days
    if ended > workspace.settings.rules.live_days:
        values = {"table": feed.table, "last": feed.last.isoformat(), "days": ended}
        return _unjudged(feed, Message("check.feed.past", values | {"live": workspace.settings.rules.live_days}))
    today = utc.now().astimezone(ZoneInfo(workspace.tables.timezone)).date()
    return _judged(feed, rhythm, today, feed.pace)


def _judged(feed: _Feed, rhythm: Rhythm, today: date, pace: int) -> QualityCheck:
    """Silent where neither the pace of arrivals nor the days of the week explain the days without a row."""
    silent = max((today - feed.last).days - 1, 0)
    beyond = rhythm.gap(feed.last + timedelta(days=1), silent, set()) if silent > pace else None
    values = {"table": feed.table, "silent": silent, "last": feed.last.isoformat(), "today": today.isoformat()}
    says = Message("check.feed", values | {"pace": pace})
    since = feed.last + timedelta(days=1) if beyond else None
    return QualityCheck("feed", float(silent), None, float(pace), beyond is None, says, since=since)


def _unjudged(feed: _Feed, says: Message) -> QualityCheck:
    return QualityCheck("feed", 0.0, None, 0.0, True, says, judged=False)


def _feed(connection: duckdb.DuckDBPyConnection, workspace: Workspace, table: str, as_of: date) -> _Feed:
    rows = connection.execute(f"SELECT day, count(*) FROM {table} WHERE day < ? GROUP BY 1", [as_of]).fetchall()
    zone = ZoneInfo(workspace.tables.timezone)
    days = sorted({utc.parse(at).astimezone(zone).date() for at in workspace.tables.arrivals(table)})
    return _Feed(table, dict(rows), days[-ARRIVALS:])
