"""Reading only what is new of a table of a database (`newer` in the mapping): from where on, and how far it came.

The mark is written down with what the last ingest read, after its commit: after a crash the same rows are read again,
which changes nothing. It holds for one mapping of one table: anything else, and `--replace`, reads the whole table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from core.expressions import quote
from pipelines.ingest.checks import LATER_THAN_CLOCK, NO_RATE, lone_time
from pipelines.ingest.memory import Memory
from pipelines.ingest.typed import Typed
from pipelines.sources.newer import Mark, Newer, NewerRows
from pipelines.sources.source import ROW, TableSource
from pipelines.sources.sql_database import SqlTable

MIN_BAD_ROWS = 10
"""Fewer bad rows are no sign of a wrong mapping where only a few rows were read."""


@dataclass(frozen=True)
class Increment:
    """What of a table is read this time: `source` as it is to be staged, and the mark it goes on from, if any."""

    source: TableSource
    since: Mark | None = None
    note: str = ""

    @property
    def whole(self) -> tuple[str, ...]:
        """The columns by which rows that belong together are read together."""
        origin = self.source.origin
        return origin.newer.whole if isinstance(origin, SqlTable) and origin.newer else ()


def narrowed(source: TableSource, memory: Memory, *, everything: bool) -> Increment:
    """The table as it is to be read now, all of it where `everything` is asked for or no mark holds.

    Raises:
        MappingError: `newer` does not fit what its column holds.
    """
    newer, origin = source.newer, source.origin
    if newer is None or not isinstance(origin, SqlTable):
        return Increment(source)
    whole = origin.newer.whole if origin.newer else ()
    mark = None if everything or memory.changed(source) != () else memory.mark(source)
    since = mark.less(newer.overlap, f"mapping.yaml, {source.table}") if mark else None
    reading = replace(source, origin=origin.reading(NewerRows(newer.by, since, whole)))
    if mark is None:
        return Increment(reading)
    note = f"{source.table}: only rows whose {newer.by} is {since} or later were read; deleted ones are not seen"
    return Increment(reading, mark, note)


def fitting(source: TableSource, mark: Mark | None) -> Mark | None:
    """The mark that a source was read up to, if the next ingest can go on from it.

    Raises:
        MappingError: `newer` does not fit what its column holds.
    """
    if mark is not None and source.newer is not None:
        mark.less(source.newer.overlap, f"mapping.yaml, {source.table}")
    return mark


def reached(
    connection: duckdb.DuckDBPyConnection, typed: Typed, newer: Newer, read: Mark | None, before: Mark | None
) -> Mark | None:
    """The mark to go on from next time.

    It stays below rows that are bad now and may be good later: later than the clock, far from all others, without a
    rate.
    """
    mark = read or before
    curable = {LATER_THAN_CLOCK, NO_RATE, lone_time(typed.spec)}
    bits = sum(1 << bit for bit, check in enumerate(typed.checks) if curable & {check.reason, _tail(check.reason)})
    if mark is None or newer.by not in typed.staged.types:
        return before if newer.by not in typed.staged.types else mark
    [(lowest,)] = connection.execute(
        f"SELECT CAST(min(r.{quote(newer.by)}) AS VARCHAR) FROM {typed.relation} AS t"
        f" JOIN {quote(typed.staged.relation)} AS r USING ({ROW}) WHERE mask & {bits} <> 0"
    ).fetchall()
    return Mark(mark.kind, lowest) if lowest is not None else mark


def _tail(reason: str) -> str:
    """«ordered_at is later than the clock» without the column."""
    return reason.partition(" is ")[2]
