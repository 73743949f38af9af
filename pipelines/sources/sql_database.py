"""A table of any database that SQLAlchemy reaches; passwords stay out of every message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.errors import DataError, MappingError, RegularsError, did_you_mean
from core.expressions import quote
from pipelines.sources.newer import Mark, NewerRows
from pipelines.sources.source import ROW, Staged
from pipelines.sources.sql_columns import SqlColumn

if TYPE_CHECKING:
    import duckdb

CHUNK = 50_000
_DRIVERS = {"postgresql": "psycopg", "postgres": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}
"""Of a URL that names none; these are the ones that the extras bring."""


@dataclass(frozen=True)
class SqlTable:
    """`url` may hold a password and is never shown; `label` is what messages say. `newer`: what of it is read."""

    url: str
    table: str
    label: str
    newer: NewerRows | None = None

    def __repr__(self) -> str:
        return f"SqlTable({self.label!r})"

    @property
    def files(self) -> tuple[Path, ...]:
        """None: staging copies it."""
        return ()

    made_of = files

    def fingerprint(self) -> None:
        """A database can't say whether it changed."""
        return

    def reading(self, newer: NewerRows) -> SqlTable:
        """The same table, of which only some rows are read."""
        return replace(self, newer=newer)

    def columns(self) -> Mapping[str, str]:
        """Names and types of the table, as DuckDB's."""
        with self._connected() as (_, table):
            return {name: column.type_name for name, column in _carried(table).items()}

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """Copy the rows in chunks."""
        with self._connected() as (database, table):
            carried = _carried(table)
            types = {name: column.type_name for name, column in carried.items()}
            rows = quote(name + "_rows")
            columns = ", ".join(f"{quote(column)} {type_}" for column, type_ in types.items())
            connection.execute(f"CREATE OR REPLACE TABLE {rows} ({columns})")
            # The mark comes first: a row that is written meanwhile lies above it, and is read again next time.
            mark = Mark.of(self._highest(database, table))
            for chunk in _chunks(database, self._query(table, carried), carried):
                connection.register("chunk_", chunk)
                connection.execute(f"INSERT INTO {rows} SELECT * FROM chunk_")
                connection.unregister("chunk_")
        connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS SELECT rowid AS {ROW}, * FROM {rows}")
        notes = [f"{column.name}: {said}" for column in carried.values() for said in column.notes()]
        return Staged(name, types, notes=tuple(notes), mark=mark)

    def _highest(self, database: sa.Connection, table: sa.Table) -> Any:
        if self.newer is None:
            return None
        by = table.columns[self.newer.by]
        plain = sa.type_coerce(by, sa.types.NullType()) if database.dialect.name == "sqlite" else by
        return database.execute(sa.select(sa.func.max(plain))).scalar()

    def _query(self, table: sa.Table, carried: Mapping[str, SqlColumn]) -> sa.Select[Any]:
        wanted = sa.select(*(column.selected(table) for column in carried.values())).select_from(table)
        if self.newer is None or self.newer.since is None:
            return wanted
        new = self._new(table)
        if not self.newer.whole:
            return wanted.where(new)
        same = [table.columns[name] for name in self.newer.whole]
        one = same[0] if len(same) == 1 else sa.tuple_(*same)
        inner = table.alias()
        wanted_ones = sa.select(*(inner.columns[name] for name in self.newer.whole)).where(self._new(inner))
        return wanted.where(sa.or_(new, one.in_(wanted_ones)))

    def _new(self, table: sa.FromClause) -> sa.ColumnElement[bool]:
        """The value comes as the database itself compares it, not as SQLAlchemy would write it for this column."""
        assert self.newer is not None
        by = table.columns[self.newer.by]
        since = sa.literal(self.newer.since, type_=sa.types.String() if isinstance(self.newer.since, str) else None)
        return sa.or_(sa.type_coerce(by, since.type) >= since, by.is_(None))

    @contextmanager
    def _connected(self) -> Iterator[tuple[sa.Connection, sa.Table]]:
        """A connection, and the table as the database describes it.

        Raises:
            DataError: the database can't be read.
            MappingError: it has no such table.
        """
        try:
            engine = sa.create_engine(_with_driver(self.url), hide_parameters=True)
        except (SQLAlchemyError, ImportError) as error:
            raise self._unreachable(error) from None
        try:
            with engine.connect() as database:
                if engine.dialect.name in {"mysql", "mariadb"}:  # a TIMESTAMP is told on the clock of the session
                    database.exec_driver_sql("SET time_zone = '+00:00'")
                yield database, self._reflected(database)
        except (SQLAlchemyError, ValueError, TypeError) as error:
            raise self._unreachable(error) from None
        finally:
            engine.dispose()

    def _reflected(self, database: sa.Connection) -> sa.Table:
        schema, _, name = self.table.rpartition(".")
        inspector = sa.inspect(database)
        names = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
        if name not in names:
            raise MappingError(f"there is no table {name!r}", where=self.label, todo=did_you_mean(name, names))
        return sa.Table(
            name, sa.MetaData(info={"dialect": database.dialect.name}), schema=schema or None, autoload_with=database
        )

    def _unreachable(self, error: Exception) -> RegularsError:
        cause = getattr(error, "orig", None) or error
        return DataError(
            "the database can't be read",
            where=self.label,
            why=mask(str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__, self.url),
            todo="check the URL, that its driver is installed and that the server answers",
        )


def mask(text: str, url: str) -> str:
    """`text` without the URL's password, however it got there."""
    try:
        parsed = sa.make_url(url)
    except SQLAlchemyError:
        return text.replace(url, "***")
    shown = text.replace(url, parsed.render_as_string(hide_password=True))
    return shown.replace(str(parsed.password), "***") if parsed.password else shown


def _with_driver(url: str) -> sa.URL:
    """The URL with the driver that is meant where it names none."""
    parsed = sa.make_url(url)
    driver = _DRIVERS.get(parsed.drivername)
    name = "postgresql" if parsed.drivername == "postgres" else parsed.drivername
    return parsed.set(drivername=f"{name}+{driver}") if driver else parsed


def _carried(table: sa.Table) -> dict[str, SqlColumn]:
    dialect = table.metadata.info.get("dialect", "")
    return {column.name: SqlColumn.of(column, dialect) for column in table.columns}


def _chunks(database: sa.Connection, query: sa.Select[Any], carried: Mapping[str, SqlColumn]) -> Iterator[pa.Table]:
    """The rows of a query, so many at a time: the server keeps the others."""
    streamed = database.execution_options(stream_results=True)
    for rows in streamed.execute(query).partitions(CHUNK):
        arrays = [column.array([row[i] for row in rows]) for i, column in enumerate(carried.values())]
        yield pa.table(arrays, names=list(carried))
