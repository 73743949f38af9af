"""How the dates and times of a column are written."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from core.expressions import literal
from pipelines.parsing.moments import moment, shown

ISO = ""
"""The format of a column that needs none: ISO 8601, or a native date type."""
GOOD_SHARE = 0.9
_DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d", "%Y%m%d",
    "%d %b %Y", "%d-%b-%Y", "%d/%b/%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d. %B %Y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%y/%m/%d", "%d-%b-%y", "%d %b %y",
    "%d/%b/%y", "%a, %d %b %Y", "%a %d %b %Y", "%a %b %d %Y", "%A, %d %B %Y", "%A, %B %d, %Y", "%G-W%V-%u", "%Y-%j",
    "%y%m%d", "%d%m%y", "%m%d%y", "%d%m%Y", "%m%d%Y", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%y%m%d%H%M%S", "%y%m%d%H%M",
)  # fmt: skip
_TIME = r"^(.*?)((?:, |[T ,])\d{1,2}(?::\d{2}(?::\d{2}(?:[.]\d+)?)?(?: [AP]M)?|[.]\d{2}(?:[.]\d{2})?))$"
"""A day and the time behind it, parted by colons or, as in the north, by points."""
_PERHAPS = r"^([0-9]{6}|[0-9]{8}|[0-9]{10}|[0-9]{12}|[0-9]{14})$|[0-9].*[-/\s]|[-/\s].*[0-9]|[0-9].*[.].*[.]"
"""What all that a format of `_DAYS` reads has in it; prices, most names and most numbers have not."""
_PLAUSIBLE = "BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2100-01-01'"
_WIDTHS = {"%Y": 4, "%y": 2, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}


@dataclass(frozen=True)
class MomentStyle:
    """The format most values are written in, more that others have with the same day, and one that fits as well."""

    format: str
    more: tuple[str, ...] = ()
    also: str | None = None


def detect(connection: duckdb.DuckDBPyConnection, relation: str, filled: int) -> MomentStyle | None:
    """The style of the bare texts in a relation's column `v`, `filled` of them; None where they are no dates.

    Where several formats read as many, the days lie the closest together in the one that is meant.
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE written_ AS SELECT v, {shown('v')} AS head, count(*) AS n"
        f" FROM {relation} GROUP BY v"
    )
    wanted = GOOD_SHARE * filled
    [(iso,)] = connection.execute(
        f"SELECT coalesce(sum(n) FILTER (({moment('v', (), 'UTC')}) {_PLAUSIBLE}), 0) FROM written_"
    ).fetchall()
    if iso >= wanted:
        return MomentStyle(ISO)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE days_ AS SELECT coalesce(nullif(regexp_extract(head, {literal(_TIME)}, 1), ''),"
        f" head) AS day, regexp_extract(head, {literal(_TIME)}, 2) AS time, sum(n) AS n FROM written_ GROUP BY ALL"
    )
    if _perhaps(connection) < wanted:
        return None
    found = _days(connection)
    best, (count, _) = min(found.items(), key=lambda item: (-item[1][0], item[1][1]))
    if count < wanted:
        return None
    also = next((day for day, (n, _) in found.items() if n == count and _differ(connection, best, day)), None)
    times = _times(connection, best)
    formats = [best + time for time in times]
    return MomentStyle(formats[0], tuple(formats[1:]), also + times[0] if also else None)


def _perhaps(connection: duckdb.DuckDBPyConnection) -> int:
    """How many values could be days at all: a glance, where `_days` tries every format on every value."""
    perhaps = f"regexp_matches(day, {literal(_PERHAPS)}, 's')"
    [(found,)] = connection.execute(f"SELECT coalesce(sum(n) FILTER ({perhaps}), 0) FROM days_").fetchall()
    return int(found)


def _days(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """For each format of a day, how many values it reads, and from the first to the last of them how many days."""
    reads = ", ".join(
        f"coalesce(sum(n) FILTER ({_read(day)} {_PLAUSIBLE}), 0),"
        f" coalesce(date_diff('day', min({_read(day)}), max({_read(day)})), 0)"
        for day in _DAYS
    )
    [found] = connection.execute(f"SELECT {reads} FROM (SELECT day, sum(n) AS n FROM days_ GROUP BY day)").fetchall()
    return dict(zip(_DAYS, zip(found[::2], found[1::2], strict=True), strict=True))


def _read(day: str) -> str:
    """Digits alone have to be as many as the format says: it would read 20111 as a day of 2020, too."""
    parsed = f"try_strptime(day, {literal(day)})"
    parts = [day[i : i + 2] for i in range(0, len(day), 2)]
    if all(part in _WIDTHS for part in parts):
        return f"(CASE WHEN length(day) = {sum(_WIDTHS[part] for part in parts)} THEN {parsed} END)"
    return parsed


def _differ(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> bool:
    """Whether two formats read a value as different days."""
    [(differing,)] = connection.execute(
        f"SELECT count(*) FROM days_ WHERE {_read(one)} <> {_read(other)} AND {_read(one)} {_PLAUSIBLE}"
    ).fetchall()
    return bool(differing)


def _times(connection: duckdb.DuckDBPyConnection, day: str) -> list[str]:
    """Formats of the times behind the days, the most frequent first."""
    rows = connection.execute(
        f"SELECT regexp_replace(time, '[0-9]+', '0', 'g') AS shape, sum(n) AS n FROM days_"
        f" WHERE {_read(day)} {_PLAUSIBLE} GROUP BY shape ORDER BY n DESC, shape"
    ).fetchall()
    return list(dict.fromkeys(_time_format(shape) for shape, _ in rows))


def _time_format(shape: str) -> str:
    half = shape.endswith("M")
    clock = shape.removesuffix(" AM").removesuffix(" PM")
    for part in ("%I" if half else "%H", "%M", "%S", "%f"):
        clock = clock.replace("0", part, 1)
    return clock + (" %p" if half else "")
