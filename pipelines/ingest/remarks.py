"""Values that were read in one of several ways they could be meant: counted, and said in the report.

A row's remarks are one number: bit n is set where remark n holds. They are no checks: the row is as good as any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import duckdb

from core.expressions import quote
from feature_repo.contract import TableSpec
from pipelines.ingest.values import Values
from pipelines.parsing.formats import Formats
from pipelines.parsing.moments import local
from pipelines.parsing.types import is_moment, is_text

_YEARS = (1990, 2041)


@dataclass(frozen=True)
class Remark:
    """What to say of the rows for which `holds`, an SQL condition, is true."""

    text: str
    holds: str


def remarks(spec: TableSpec, came: Values, formats: Formats, clock: str) -> list[Remark]:
    """The remarks of a table; times without a zone are on the clock of the zone `clock`."""
    words = [
        Remark(f"{column.name} is a word for nothing, such as NULL, and counts as empty", f"w_{column.name}")
        for column in spec.columns
        if column.name in came.worded
    ]
    return [*words, *_of_the_clock(spec, came.types, formats, clock)]


def marks(found: Sequence[Remark]) -> str:
    """SQL of the number whose bits are the remarks."""
    bits = [f"CASE WHEN {remark.holds} THEN {1 << bit} ELSE 0 END" for bit, remark in enumerate(found)]
    return f"CAST({' + '.join(bits) or '0'} AS BIGINT)"


def notes(connection: duckdb.DuckDBPyConnection, table: str, relation: str, found: Sequence[Remark]) -> tuple[str, ...]:
    """For each remark that holds for good rows of a typed relation, a sentence with their number."""
    if not found:
        return ()
    counts = ", ".join(f"count(*) FILTER (remarks & {1 << bit} <> 0)" for bit in range(len(found)))
    [numbers] = connection.execute(f"SELECT {counts} FROM {relation} WHERE mask = 0").fetchall()
    return tuple(
        f"{table}: {remark.text}: {number:,} rows" for remark, number in zip(found, numbers, strict=True) if number
    )


def _of_the_clock(spec: TableSpec, types: Mapping[str, str], formats: Formats, clock: str) -> list[Remark]:
    """Times in an hour that the clocks skip, and in one that comes twice."""
    type_ = types.get(spec.time or "", "")
    days = changes_of(clock)
    if not spec.has_clock or not days or not (is_text(type_) or is_moment(type_)):
        return []
    value, time = f"x_{spec.time}", quote(spec.time or "")
    shown = local(value, formats.timestamps) if is_text(type_) else f"CAST({value} AS TIMESTAMP)"
    listed = ", ".join(f"DATE '{day}'" for day in days)
    near = f"CAST({time} AS DATE) IN ({listed})"

    def on_the_clock(moment: str) -> str:
        return f"timezone('{clock}', timezone('UTC', {moment}))"

    around = ", ".join(on_the_clock(f"{time} {sign} INTERVAL 1 HOUR") for sign in "+-")
    skipped = f"coalesce({on_the_clock(time)} <> ({shown}), false)"
    twice = f"coalesce(({shown}) IN ({around}), false)"
    return [
        Remark(
            f"{spec.time} is in the hour that the clocks of {clock} skip, and is taken an hour later",
            f"CASE WHEN {near} THEN {skipped} ELSE false END",
        ),
        Remark(
            f"{spec.time} is in the hour that comes twice in {clock}, and is taken for the second",
            f"CASE WHEN {near} THEN {twice} ELSE false END",
        ),
    ]


@cache
def changes_of(zone: str) -> tuple[date, ...]:
    """The UTC days around each change of a zone's clocks, from 1990 to 2040."""
    first, last = (datetime(year, 1, 1, 12, tzinfo=ZoneInfo(zone)) for year in _YEARS)
    noons = [first + timedelta(days=n) for n in range((last - first).days)]
    changed = [after.date() for before, after in pairwise(noons) if before.utcoffset() != after.utcoffset()]
    return tuple(sorted({day + timedelta(days=shift) for day in changed for shift in (-1, 0, 1)}))
