"""What the columns of a file look like: numbers, dates and how they are written, how many different values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import duckdb

from core import query_engine
from core.expressions import literal, quote
from pipelines.parsing.blanks import bare, unless_nothing
from pipelines.parsing.formats import Formats
from pipelines.parsing.numbers import CURRENCY_SIGNS, number, western
from pipelines.parsing.types import as_text, is_moment, is_text, is_zoned
from pipelines.sources import moment_style, number_style
from pipelines.sources.moment_style import GOOD_SHARE, ISO, MomentStyle
from pipelines.sources.number_style import Votes
from pipelines.sources.source import Origin

SAMPLE = "sample_"
SAMPLE_ROWS = 50_000
_STYLES = (Formats(decimal=".", thousands=","), Formats(decimal=",", thousands="."))
_SIGNS = {
    sign.casefold(): code
    for code, signs in reversed(CURRENCY_SIGNS.items())
    for sign in (*signs, *([code] if code.isalpha() else []))
}
_NO_SIGN = r"[-+\x{2212}0-9.,'\x{2019}()\s]"
"""What of an amount is none of its currency's name."""
EPOCHS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Units of a time since 1970, and how many of them are a second."""
SERIAL = "serial"
"""The days since the end of 1899, as spreadsheets count them, on the clock of who wrote them."""
_SERIALS = (31_048, 71_589)
"""The first of 1985 and the last of 2095."""


@dataclass(frozen=True)
class ColumnProfile:
    """One column of a sample; shares are of its values that are not empty.

    `moment`: the format its dates are written in (`ISO` for none needed), None if it holds no dates; `more`:
    formats that some of them have, `also`: another format that fits as well; `epoch`: the unit of a time since
    1970 (s, ms, us, ns), or `SERIAL`; `votes`: how its numbers are written; `currency`: the code of the sign they stand
    with; `comma_around`: the file's other numbers have a decimal comma.
    """

    name: str
    type: str
    filled: float
    distinct: int
    number: bool
    whole: bool
    negative: bool
    moment: str | None
    also: str | None = None
    more: tuple[str, ...] = ()
    epoch: str | None = None
    votes: Votes = field(default_factory=Votes)
    currency: str | None = None
    example: str = ""
    most_frequent: str = ""
    comma_around: bool = False

    @property
    def style(self) -> Formats:
        """How its numbers are read: as the column tells, else as the file's other numbers do."""
        comma, point = self.votes.comma, self.votes.point
        return _STYLES[self.comma_around if comma == point else comma > point]


@dataclass(frozen=True)
class Sample:
    """A connection with the table `SAMPLE`, its columns, the number of its rows, and how the source was read."""

    connection: duckdb.DuckDBPyConnection
    columns: list[ColumnProfile]
    rows: int
    notes: tuple[str, ...]


@contextmanager
def sampled(origin: Origin) -> Iterator[Sample]:
    """The first 50,000 rows of a source at most.

    Raises:
        DataError: the source can't be read.
    """
    with query_engine.without_workspace() as connection:
        staged = origin.stage(connection, "sampled")
        read = _without_blanks(staged.types)
        connection.execute(
            f"CREATE TEMP TABLE {SAMPLE} AS SELECT *{read} FROM {quote(staged.relation)} LIMIT {SAMPLE_ROWS}"
        )
        [(rows,)] = connection.execute(f"SELECT count(*) FROM {SAMPLE}").fetchall()
        columns = [_column(connection, name, type_, rows) for name, type_ in staged.types.items()]
        around = _comma_around(columns)
        columns = [replace(column, comma_around=around) for column in columns]
        yield Sample(connection, columns, rows, staged.notes)


def _comma_around(columns: Sequence[ColumnProfile]) -> bool:
    votes = [column.votes for column in columns if column.number]
    return sum(vote.comma for vote in votes) > sum(vote.point for vote in votes)


def _without_blanks(types: Mapping[str, str]) -> str:
    """What has to be said of the columns of text: values without blanks, null where they say nothing."""
    usual = Formats(nulls=None)
    read = [
        f"{unless_nothing(bare(as_text(quote(name), type_), prose=False), usual, prose=False)} AS {quote(name)}"
        for name, type_ in types.items()
        if is_text(type_)
    ]
    return f" REPLACE ({', '.join(read)})" if read else ""


def _column(connection: duckdb.DuckDBPyConnection, name: str, type_: str, rows: int) -> ColumnProfile:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE v AS SELECT CAST({quote(name)} AS VARCHAR) AS v FROM {SAMPLE}"
        f" WHERE {quote(name)} IS NOT NULL"
    )
    points, commas = (f"count({number('v', style)})" for style in _STYLES)
    [(filled, distinct, point, comma, whole, negative, example, mode, *votes)] = connection.execute(
        f"""SELECT count(*), count(DISTINCT v), {points}, {commas},
        count(*) FILTER (regexp_full_match(v, '[-+]?[0-9]+([.]0+)?|[-+]?[0-9]{{1,3}}([,. ][0-9]{{3}})+')),
        count(*) FILTER (regexp_matches(v, '^[-(].*[0-9]|[0-9]-$')), any_value(v), mode(v),
        {number_style.counts(western("v"))}
        FROM v"""
    ).fetchall()
    numbers = filled > 0 and max(point, comma) >= GOOD_SHARE * filled
    style = _moment(connection, type_, filled)
    return ColumnProfile(
        name=name,
        type=type_,
        filled=filled / rows if rows else 0.0,
        distinct=distinct,
        number=numbers,
        whole=numbers and whole >= GOOD_SHARE * filled,
        negative=negative > 0,
        moment=style.format if style else None,
        also=style.also if style else None,
        more=style.more if style else (),
        epoch=_epoch(connection, filled) if numbers else None,
        votes=Votes(*votes) if is_text(type_) else Votes(),
        currency=_currency(connection, filled) if numbers and is_text(type_) else None,
        example=example or "",
        most_frequent=mode or "",
    )


def _moment(connection: duckdb.DuckDBPyConnection, type_: str, filled: int) -> MomentStyle | None:
    if is_moment(type_) or is_zoned(type_) or type_ == "DATE":
        return MomentStyle(ISO)
    return moment_style.detect(connection, "v", filled) if is_text(type_) and filled else None


def _epoch(connection: duckdb.DuckDBPyConnection, filled: int) -> str | None:
    """The unit in which the numbers are times between 1985 and 2096; `SERIAL`: days as a spreadsheet counts them."""
    between = [f"count(*) FILTER (TRY_CAST(v AS DOUBLE) BETWEEN 5e8 * {n} AND 4e9 * {n})" for n in EPOCHS.values()]
    between.append(f"count(*) FILTER (TRY_CAST(v AS DOUBLE) BETWEEN {_SERIALS[0]} AND {_SERIALS[1]})")
    [found] = connection.execute(f"SELECT {', '.join(between)} FROM v").fetchall()
    units = (*EPOCHS, SERIAL)
    return next((unit for unit, n in zip(units, found, strict=True) if n >= GOOD_SHARE * filled), None)


def _currency(connection: duckdb.DuckDBPyConnection, filled: int) -> str | None:
    """The code of the sign that most of the amounts stand with."""
    beside = f"regexp_replace({western('v')}, {literal(_NO_SIGN)}, '', 'g')"
    rows = connection.execute(f"SELECT {beside} AS s, count(*) FROM v GROUP BY s HAVING s <> ''").fetchall()
    codes = Counter[str]()
    for sign, n in rows:
        if code := _SIGNS.get(sign.casefold()):
            codes[code] += n
    return next((code for code, _ in codes.most_common(1) if codes.total() > filled / 2), None)
