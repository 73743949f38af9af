"""A table of any database that SQLAlchemy reaches; passwords stay out of every message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import types as sqltypes
from sqlalchemy.exc import SQLAlchemyError

from core.errors import DataError, MappingError, RegularsError, did_you_mean
from core.expressions import quote
from pipelines.sources.source import ROW, Staged

if TYPE_CHECKING:
    import duckdb

CHUNK = 50_000
_TEXT = (pa.string(), "VARCHAR")
_TYPES: tuple[tuple[type[sqltypes.TypeEngine[Any]], pa.DataType, str], ...] = (
    (sqltypes.Boolean, pa.bool_(), "BOOLEAN"),
    (sqltypes.Integer, pa.int64(), "BIGINT"),
    (sqltypes.Numeric, pa.float64(), "DOUBLE"),
    (sqltypes.DateTime, pa.timestamp("us"), "TIMESTAMP"),
    (sqltypes.Date, pa.date32(), "DATE"),
)


@dataclass(frozen=True)
class SqlTable:
    """`url` may hold a password and is never shown; `label` is what messages say."""

    url: str
    table: str
    label: str

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

    def columns(self) -> Mapping[str, str]:
        """Names and types of the table, as DuckDB's."""
        engine, table = self._reflect()
        return {column.name: _type(column, engine.dialect.name)[1] for column in table.columns}

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """Copy the rows in chunks."""
        engine, table = self._reflect()
        types = {column.name: _type(column, engine.dialect.name)[1] for column in table.columns}
        rows = quote(name + "_rows")
        connection.execute(f"CREATE OR REPLACE TABLE {rows} ({', '.join(f'{quote(k)} {v}' for k, v in types.items())})")
        try:
            for chunk in _chunks(engine, table):
                connection.register("chunk_", chunk)
                connection.execute(f"INSERT INTO {rows} SELECT * FROM chunk_")
                connection.unregister("chunk_")
        except (SQLAlchemyError, ValueError, TypeError) as error:
            raise self._unreachable(error) from None
        finally:
            engine.dispose()
        connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS SELECT rowid AS {ROW}, * FROM {rows}")
        return Staged(name, types)

    def _reflect(self) -> tuple[sa.Engine, sa.Table]:
        try:
            engine = sa.create_engine(self.url)
            schema, _, name = self.table.rpartition(".")
            inspector = sa.inspect(engine)
            names = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
            if name not in names:
                raise MappingError(f"there is no table {name!r}", where=self.label, todo=did_you_mean(name, names))
            return engine, sa.Table(name, sa.MetaData(), schema=schema or None, autoload_with=engine)
        except (SQLAlchemyError, ImportError) as error:
            raise self._unreachable(error) from None

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


def _type(column: sa.Column[Any], dialect: str) -> tuple[pa.DataType, str]:
    """How a column is carried over. SQLite does not keep to its declared types: text, judged row by row."""
    if dialect == "sqlite":
        return _TEXT
    if isinstance(column.type, sqltypes.DateTime) and column.type.timezone:
        return pa.timestamp("us", "UTC"), "TIMESTAMP WITH TIME ZONE"
    return next(((arrow, name) for kind, arrow, name in _TYPES if isinstance(column.type, kind)), _TEXT)


def _chunks(engine: sa.Engine, table: sa.Table) -> Iterator[pa.Table]:
    types = [_type(column, engine.dialect.name)[0] for column in table.columns]
    names = [column.name for column in table.columns]
    wanted = [
        sa.type_coerce(c, sqltypes.NullType()) if t == pa.string() else c
        for c, t in zip(table.columns, types, strict=True)
    ]
    with engine.connect().execution_options(stream_results=True) as connection:
        for rows in connection.execute(sa.select(*wanted).select_from(table)).partitions(CHUNK):
            arrays = [_array([row[i] for row in rows], type_) for i, type_ in enumerate(types)]
            yield pa.table(arrays, names=names)


def _array(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    if type_ == pa.string():
        values = [value if value is None else str(value) for value in values]
    elif type_ == pa.float64():
        values = [value if value is None else float(value) for value in values]
    return pa.array(values, type_)
