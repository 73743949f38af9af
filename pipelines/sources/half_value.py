"""The last value of a file that has no end: whether it can be whole, judged by what the others look like.

A number of two decimals with one, or a day where all others have a time, is the beginning of a value.
"""

from __future__ import annotations

from collections import Counter

import duckdb

from core.expressions import quote

_FEWEST, _LOOKED_AT = 10, 10_000
_JUDGED = {
    "regexp_replace(regexp_replace({value}, '^-?[0-9]+', '9'), '[0-9]', '9', 'g')": 0.98,
    "regexp_replace({value}, '[0-9]', '9', 'g')": 1.0,
}
"""What a value looks like, and how many of the others have to look alike: numbers vary in how many digits they have."""


def is_last(connection: duckdb.DuckDBPyConnection, rows: str, column: str) -> bool:
    """Whether a column's last value looks like the beginning of (nearly) all others; `rows` is a table as read."""
    return any(_is_beginning(connection, rows, column, look, share) for look, share in _JUDGED.items())


def _is_beginning(connection: duckdb.DuckDBPyConnection, rows: str, column: str, look: str, share: float) -> bool:
    shape = look.format(value=f"coalesce({quote(column)}, '')")
    late = f"SELECT rowid AS row_, {shape} AS shape_ FROM {rows} ORDER BY rowid DESC LIMIT {_LOOKED_AT}"
    found = connection.execute(f"SELECT shape_ FROM ({late}) ORDER BY row_ DESC").fetchall()
    last, *others = [text for (text,) in found] or [""]
    if len(others) < _FEWEST:
        return False
    [(usual, alike)] = Counter(others).most_common(1)
    return alike >= share * len(others) and len(last) < len(usual) and usual.startswith(last)
