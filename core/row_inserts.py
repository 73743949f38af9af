"""Many rows into a table in one statement of the driver.

SQLAlchemy's own way looks at each row for longer than the database takes to write it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

Row = tuple[Any, ...]
"""A value for each column of the table, in their order."""
_MARKS: Final = {"qmark": "?", "format": "%s", "pyformat": "%s"}


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows; one whose key is there already stays as it is."""
    if not rows:
        return
    dialect = connection.dialect
    if binds := _binds(table, dialect):
        rows = [_bound(row, binds) for row in rows]
    connection.exec_driver_sql(_statement(table, dialect.paramstyle), list(rows))


def _bound(row: Row, binds: Sequence[tuple[int, Callable[[Any], Any]]]) -> Row:
    values = list(row)
    for place, bind in binds:
        values[place] = bind(values[place])
    return tuple(values)


@lru_cache(64)
def _statement(table: sa.Table, paramstyle: str) -> str:
    """As SQLite and PostgreSQL both have it."""
    names, marks = ", ".join(table.columns.keys()), ", ".join([_MARKS[paramstyle]] * len(table.columns))
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"


@lru_cache(64)
def _binds(table: sa.Table, dialect: sa.Dialect) -> list[tuple[int, Callable[[Any], Any]]]:
    """Of the columns that the driver needs in another form (moments in SQLite), their places and how it is made."""
    found = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]
    return [(place, bind) for place, bind in enumerate(found) if bind is not None]
