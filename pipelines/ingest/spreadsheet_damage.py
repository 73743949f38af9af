"""What a spreadsheet did to ids before they were exported: named with the lines, and never repaired.

An id that lost its zeros is another customer, one that became a date is another product. Nothing tells for sure what
stood there, so the rows stay as they are and a person reads of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from core.expressions import literal, quote
from pipelines.ingest.typed import Typed
from pipelines.parsing.spreadsheet_dates import is_spreadsheet_date
from pipelines.sources.source import ROW

_EXAMPLES = 3
_FEW = 0.5
"""Where more of a column's ids look like dates, the shop calls things so."""
_CURE = "export the column anew, as text, without opening the file in a spreadsheet"


def notes(connection: duckdb.DuckDBPyConnection, typed: Typed) -> list[str]:
    """For each column of ids that a spreadsheet has damaged, a sentence with rows that show it."""
    return [
        note
        for column in typed.spec.columns
        if column.type == "id" and column.name in typed.source.columns
        for note in (*_lost_zeros(connection, typed, column.name), *_dates(connection, typed, column.name))
    ]


def _lost_zeros(connection: duckdb.DuckDBPyConnection, typed: Typed, column: str) -> Iterator[str]:
    """Ids of one width, padded with zeros, beside shorter ones that are the same without their zeros."""
    name = quote(column)
    ids = f"(SELECT DISTINCT {name} AS id FROM {typed.relation} WHERE mask = 0 AND regexp_full_match({name}, '[0-9]+'))"
    [(width, padded)] = connection.execute(
        f"SELECT mode(length(id)), count(*) FROM {ids} WHERE starts_with(id, '0') AND id <> '0'"
    ).fetchall()
    if not padded:
        return
    shorter = f"regexp_full_match({name}, '[1-9][0-9]*') AND length({name}) < {width}"
    twin = f"lpad({name}, {width}, '0')"
    found = f"{typed.relation} AS t WHERE mask = 0 AND {shorter}"
    [(rows, twins)] = connection.execute(
        f"SELECT count(*), count(*) FILTER ({twin} IN (SELECT id FROM {ids})) FROM {found}"
    ).fetchall()
    if twins:
        seen = f"{found} AND {twin} IN (SELECT id FROM {ids})"
        shown = _shown(connection, typed, seen, f"{name} || ', elsewhere ' || {twin}")
        yield (
            f"{typed.spec.name}: {column} has lost its leading zeros in part of the file: {rows:,} rows, such as"
            f" {shown}. They count as other ids than those with zeros: {_CURE}"
        )


def _dates(connection: duckdb.DuckDBPyConnection, typed: Typed, column: str) -> Iterator[str]:
    """A few ids that are dates."""
    name = quote(column)
    date = f"coalesce({is_spreadsheet_date(name)}, false)"
    [(dates, filled)] = connection.execute(
        f"SELECT count(*) FILTER ({date}), count({name}) FROM {typed.relation} WHERE mask = 0"
    ).fetchall()
    if 0 < dates < _FEW * filled:
        shown = _shown(connection, typed, f"{typed.relation} AS t WHERE mask = 0 AND {date}", name)
        yield (
            f"{typed.spec.name}: {column} is a date, as a spreadsheet makes of 3-10: {dates:,} rows, such as {shown}."
            f" What stood there is lost: {_CURE}"
        )


def _shown(connection: duckdb.DuckDBPyConnection, typed: Typed, rows: str, value: str) -> str:
    """«line 12 (7, elsewhere 007)» of the first rows; of protected attributes without the value."""
    found: Sequence[tuple[int, str]] = connection.execute(
        f"SELECT {ROW}, {literal('') if typed.spec.protected else value} FROM {rows} ORDER BY {ROW} LIMIT {_EXAMPLES}"
    ).fetchall()
    places = typed.staged.places([row for row, _ in found])
    return ", ".join(f"{place} ({text})" if text else place for place, (_, text) in zip(places, found, strict=True))
