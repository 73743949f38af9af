"""What a spreadsheet did to ids before they were exported: named with the lines, and never repaired.

An id that lost its zeros is another customer, one that became a date is another product. Nothing tells for sure what
stood there, so the rows stay as they are and a person reads of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from core.expressions import literal, quote
from pipelines.ingest.typed import Typed
from pipelines.parsing.spreadsheet_dates import is_spreadsheet_date
from pipelines.sources.source import ROW

_EXAMPLES = 3
_KEPT = 15
"""So many digits a spreadsheet keeps of a number; the others become zeros."""
_NO_CHANCE = 3
"""So many different ids do not all end in zeros behind those digits by chance."""
_FEW = 0.5
"""Where more of a column's ids look like dates, the shop calls things so."""
CURE = "export the column anew, as text, without opening the file in a spreadsheet"


def notes(connection: duckdb.DuckDBPyConnection, typed: Typed) -> list[str]:
    """For each column of ids that a spreadsheet has damaged, a sentence with rows that show it."""
    ids = [column.name for column in typed.spec.columns if column.type == "id" and column.name in typed.source.columns]
    if not ids:
        return []
    counts = ", ".join(
        f"count({quote(name)}), count(*) FILTER ({_is_date(name)}), count(*) FILTER ({_is_padded(name)}),"
        f" count(DISTINCT {quote(name)}) FILTER ({_is_long(name)}),"
        f" count(*) FILTER ({_is_long(name)} AND NOT {_is_rounded(name)})"
        for name in ids
    )
    [found] = connection.execute(f"SELECT {counts} FROM {typed.relation} WHERE mask = 0").fetchall()
    said = []
    for name, filled, dates, padded, long, whole in zip(ids, *(found[i::5] for i in range(5)), strict=True):
        if 0 < padded < filled:
            said += _lost_zeros(connection, typed, name)
        if 0 < dates < _FEW * filled:
            said.append(_dates(connection, typed, name, dates))
        if long >= _NO_CHANCE and not whole:
            said.append(_rounded(connection, typed, name))
    return said


def _is_long(column: str) -> str:
    """More digits than a spreadsheet keeps."""
    name = quote(column)
    return f"CASE WHEN length({name}) > {_KEPT} THEN regexp_full_match({name}, '[0-9]+') ELSE false END"


def _is_rounded(column: str) -> str:
    return f"trim(substr({quote(column)}, {_KEPT + 1}), '0') = ''"


def _is_padded(column: str) -> str:
    name = quote(column)
    digits = f"length({name}) > 1 AND regexp_full_match({name}, '[0-9]+')"
    return f"CASE WHEN starts_with({name}, '0') THEN {digits} ELSE false END"


def _is_date(column: str) -> str:
    """A date has something between its parts: what has nothing there is not looked at closely."""
    name = quote(column)
    parted = " OR ".join(f"contains({name}, {literal(mark)})" for mark in "-. /")
    return f"CASE WHEN {parted} THEN {is_spreadsheet_date(name)} ELSE false END"


def _lost_zeros(connection: duckdb.DuckDBPyConnection, typed: Typed, column: str) -> list[str]:
    """Ids of one width, padded with zeros, beside shorter ones that are the same without their zeros."""
    name = quote(column)
    padded = f"SELECT {name} FROM {typed.relation} WHERE mask = 0 AND {_is_padded(column)}"
    [(width,)] = connection.execute(f"SELECT mode(length(id)) FROM ({padded}) AS p(id)").fetchall()
    twin = f"lpad({name}, {width}, '0')"
    shorter = f"length({name}) < {width} AND regexp_full_match({name}, '[1-9][0-9]*')"
    found = f"{typed.relation} AS t WHERE mask = 0 AND {shorter}"
    [(rows, twins)] = connection.execute(
        f"SELECT count(*), count(*) FILTER (twin IN ({padded})) FROM (SELECT {twin} AS twin FROM {found})"
    ).fetchall()
    if not twins:
        return []
    shown = _shown(connection, typed, f"{found} AND {twin} IN ({padded})", f"{name} || ', elsewhere ' || {twin}")
    return [
        f"{typed.spec.name}: {column} has lost its leading zeros in part of the file: {rows:,} rows, such as"
        f" {shown}. They count as other ids than those with zeros: {CURE}"
    ]


def _rounded(connection: duckdb.DuckDBPyConnection, typed: Typed, column: str) -> str:
    """Long ids that are all zeros behind the digits that a spreadsheet keeps."""
    rows = f"{typed.relation} AS t WHERE mask = 0 AND {_is_long(column)}"
    return (
        f"{typed.spec.name}: {column} has only zeros behind its {_KEPT}th digit, as a spreadsheet leaves them of longer"
        f" numbers: {_shown(connection, typed, rows, quote(column))}. Different ids have become one: {CURE}"
    )


def _dates(connection: duckdb.DuckDBPyConnection, typed: Typed, column: str, dates: int) -> str:
    """A few ids that are dates."""
    shown = _shown(connection, typed, f"{typed.relation} AS t WHERE mask = 0 AND {_is_date(column)}", quote(column))
    return (
        f"{typed.spec.name}: {column} is a date, as a spreadsheet makes of 3-10: {dates:,} rows, such as {shown}."
        f" What stood there is lost: {CURE}"
    )


def _shown(connection: duckdb.DuckDBPyConnection, typed: Typed, rows: str, value: str) -> str:
    """«line 12 (7, elsewhere 007)» of the first rows; of protected attributes without the value."""
    found: Sequence[tuple[int, str]] = connection.execute(
        f"SELECT {ROW}, {literal('') if typed.spec.protected else value} FROM {rows} ORDER BY {ROW} LIMIT {_EXAMPLES}"
    ).fetchall()
    places = typed.staged.places([row for row, _ in found])
    return ", ".join(f"{place} ({text})" if text else place for place, (_, text) in zip(places, found, strict=True))
