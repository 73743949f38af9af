"""What the columns of a file look like: numbers, dates and how they are written, how many different values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from core import query_engine
from core.expressions import literal, quote
from pipelines.sources.model import Origin

SAMPLE = "sample_"
SAMPLE_ROWS = 50_000
ISO = ""
"""The format of a column that needs none: ISO 8601, or a native date type."""
_DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%d-%b-%Y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%b %d, %Y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
FORMATS = tuple(day + time for day in _DAYS for time in _TIMES)
_PLAUSIBLE = "BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2100-01-01'"
_GOOD_SHARE = 0.9
_DECIMAL_COMMA = r"[-+]?[0-9]{1,3}([. ]?[0-9]{3})*,[0-9]+"


@dataclass(frozen=True)
class Column:
    """One column of a sample; shares are of its values that are not empty.

    `moment`: the format its dates are written in (`ISO` for none needed), None if it holds no dates;
    `also`: another format that fits as well; `epoch`: seconds or milliseconds since 1970.
    """

    name: str
    type: str
    filled: float
    distinct: int
    number: bool
    whole: bool
    decimal_comma: bool
    negative: bool
    moment: str | None
    also: str | None = None
    epoch: str | None = None
    example: str = ""
    most_frequent: str = ""


@contextmanager
def sampled(origin: Origin) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Column], int]]:
    """A connection with the table `SAMPLE` (the first 50,000 rows at most), its columns and the number of its rows.

    Raises:
        DataError: the source can't be read.
    """
    with query_engine.without_workspace() as connection:
        staged = origin.stage(connection, "sampled")
        connection.execute(f"CREATE TEMP TABLE {SAMPLE} AS FROM {quote(staged.relation)} LIMIT {SAMPLE_ROWS}")
        [(rows,)] = connection.execute(f"SELECT count(*) FROM {SAMPLE}").fetchall()
        yield connection, [_column(connection, name, type_, rows) for name, type_ in staged.types.items()], rows


def _column(connection: duckdb.DuckDBPyConnection, name: str, type_: str, rows: int) -> Column:
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW v AS"
        f" SELECT nullif(trim(CAST({quote(name)} AS VARCHAR)), '') AS v FROM {SAMPLE} WHERE v IS NOT NULL"
    )
    [(filled, distinct, numbers, whole, commas, negative, epochs, millis, example, mode)] = connection.execute(
        f"""SELECT count(*), count(DISTINCT v), count(TRY_CAST(v AS DOUBLE)),
        count(*) FILTER (regexp_full_match(v, '[-+]?[0-9]+([.]0+)?')),
        count(*) FILTER (regexp_full_match(v, {literal(_DECIMAL_COMMA)})),
        count(*) FILTER (v LIKE '-%'),
        count(*) FILTER (TRY_CAST(v AS DOUBLE) BETWEEN 5e8 AND 4e9),
        count(*) FILTER (TRY_CAST(v AS DOUBLE) BETWEEN 5e11 AND 4e12), any_value(v), mode(v) FROM v"""
    ).fetchall()
    comma = commas > 0 and commas + numbers >= _GOOD_SHARE * filled
    number = filled > 0 and (numbers >= _GOOD_SHARE * filled or comma)
    moment, also = _moment(connection, type_, filled)
    return Column(
        name=name,
        type=type_,
        filled=filled / rows if rows else 0.0,
        distinct=distinct,
        number=number,
        whole=number and whole >= _GOOD_SHARE * filled,
        decimal_comma=comma,
        negative=negative > 0,
        moment=moment,
        also=also,
        epoch="s"
        if number and epochs >= _GOOD_SHARE * filled
        else "ms"
        if millis >= _GOOD_SHARE * filled > 0
        else None,
        example=example or "",
        most_frequent=mode or "",
    )


def _moment(connection: duckdb.DuckDBPyConnection, type_: str, filled: int) -> tuple[str | None, str | None]:
    """The format that reads the most values, and the next one if it reads as many."""
    if type_.startswith("TIMESTAMP") or type_ == "DATE":
        return ISO, None
    if type_ != "VARCHAR" or not filled:
        return None, None
    attempts = ["TRY_CAST(v AS TIMESTAMP)", *(f"try_strptime(v, {literal(text)})" for text in FORMATS)]
    counts = ", ".join(f"count(*) FILTER (({attempt}) {_PLAUSIBLE})" for attempt in attempts)
    [found] = connection.execute(f"SELECT {counts} FROM (FROM v LIMIT 5000)").fetchall()
    ranked = sorted(zip(found, (ISO, *FORMATS), strict=True), key=lambda pair: -pair[0])
    best, second = ranked[0], ranked[1]
    if best[0] < _GOOD_SHARE * min(filled, 5000):
        return None, None
    return best[1], second[1] if second[0] == best[0] else None
