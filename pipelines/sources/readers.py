"""The places rows come from: Parquet, a DuckDB file, a database behind an SQLAlchemy URL, a fixed query."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import duckdb

from core import query_engine
from core.errors import DataError, MappingError, did_you_mean
from core.expressions import literal, quote
from core.files import sha256
from pipelines.sources.copied_file import CopiedFile
from pipelines.sources.file_form import FileForm
from pipelines.sources.file_start import FileStart
from pipelines.sources.source import ROW, Staged


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file, read where it lies."""

    kind: ClassVar[str] = "a Parquet file"
    suffixes: ClassVar[Collection[str]] = (".parquet", ".pq")

    path: Path
    label: str
    said: tuple[str, ...] = ()

    @staticmethod
    def recognises(start: FileStart) -> bool:
        """By its mark."""
        return start.raw.startswith(b"PAR1")

    @classmethod
    def opened(cls, path: Path, label: str, form: FileForm, where: str) -> ParquetFile:
        """The file; it says itself how it is read."""
        form.refuse_part(cls.kind, where)
        return cls(path, label, form.said)

    @property
    def files(self) -> tuple[Path, ...]:
        """The file itself."""
        return (self.path,)

    made_of = files

    @property
    def _relation(self) -> str:
        return f"read_parquet({literal(str(self.path))}, file_row_number=true)"

    def columns(self) -> Mapping[str, str]:
        """Names and types from the file's own schema."""
        with query_engine.without_workspace() as connection:
            types = describe(connection, f"SELECT * FROM {self._relation}", self.label)
        types.pop("file_row_number")
        return types

    def fingerprint(self) -> str:
        """The file's SHA-256."""
        return sha256(self.path)

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """A view of the file."""
        types = self.columns()
        connection.execute(
            f"CREATE OR REPLACE VIEW {quote(name)} AS"
            f" SELECT file_row_number AS {ROW}, * EXCLUDE (file_row_number) FROM {self._relation}"
        )
        return Staged(name, types, notes=self.said)


@dataclass(frozen=True)
class DuckdbTable(CopiedFile):
    """A table or view of a DuckDB database file."""

    path: Path
    table: str
    label: str

    def columns(self) -> Mapping[str, str]:
        """Names and types of the table."""
        with query_engine.without_workspace() as connection:
            return describe(connection, f"SELECT * FROM {self._attach(connection)}", self.label)

    def fingerprint(self) -> str:
        """The database file's SHA-256."""
        return sha256(self.path)

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """Copy the rows."""
        relation = self._attach(connection)
        try:
            _copy(connection, name, f"SELECT * FROM {relation}")
        finally:
            connection.execute("DETACH source_database_")
        return Staged(name, self.columns())

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> str:
        try:
            connection.execute(f"ATTACH {literal(str(self.path))} AS source_database_ (READ_ONLY)")
        except duckdb.Error as error:
            raise DataError(
                "the DuckDB file can't be opened",
                where=self.label,
                why=first_line(error),
                todo="check the file, and that no program holds it open for writing",
            ) from None
        names = _duckdb_names(connection)
        if self.table not in names:
            raise MappingError(
                f"there is no table {self.table!r}", where=self.label, todo=did_you_mean(self.table, names)
            )
        return ".".join(["source_database_", *(quote(part) for part in self.table.split("."))])


@dataclass(frozen=True)
class FixedQuery:
    """Rows of a fixed query of our own over files we know; `sql` has a column `ROW`."""

    sql: str
    label: str
    reads: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files the query reads."""
        return self.reads

    made_of = files

    def columns(self) -> Mapping[str, str]:
        """Names and types of the query's columns."""
        with query_engine.without_workspace() as connection:
            types = describe(connection, self.sql, self.label)
        types.pop(ROW)
        return types

    def fingerprint(self) -> str:
        """The query's text and the SHA-256 of the files."""
        parts = [self.sql, *(sha256(path) for path in self.reads)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """A view of the query."""
        connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS {self.sql}")
        return Staged(name, self.columns())


def describe(connection: duckdb.DuckDBPyConnection, sql: str, label: str) -> dict[str, str]:
    """Names and DuckDB types of a query's columns.

    Raises:
        DataError: the source can't be read.
    """
    try:
        return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {sql}").fetchall()}
    except duckdb.Error as error:
        raise DataError("the source can't be read", where=label, why=first_line(error)) from None


def first_line(error: Exception) -> str:
    """The first line of an engine's message."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _copy(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    connection.execute(f"CREATE OR REPLACE TABLE {quote(name + '_rows')} AS {select}")
    connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS SELECT rowid AS {ROW}, * FROM {quote(name + '_rows')}")


def _duckdb_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'source_database_'"
    ).fetchall()
    return [f"{schema}.{name}" for schema, name in rows] + [name for schema, name in rows if schema == "main"]
