"""A text file of rows: copied as plain UTF-8 CSV, whatever it was written by, and read from there."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import ClassVar

import duckdb

from core.errors import DataError
from core.expressions import literal, quote
from core.files import sha256
from pipelines.sources import half_value
from pipelines.sources.copied_file import CopiedFile
from pipelines.sources.csv_dialect import Dialect, look
from pipelines.sources.csv_records import MAX_CHARACTERS, Cutter, Records
from pipelines.sources.encodings import open_text
from pipelines.sources.file_form import FileForm
from pipelines.sources.file_start import FileStart
from pipelines.sources.source import ROW, Staged

_SHOWN = 60


CUT_OFF = "cut off"
"""Words of what is said of a file that may not be whole."""


@dataclass(frozen=True)
class CsvFile(CopiedFile):
    """A text file with a header line: CSV in all its forms; every column is read as text, so `007` stays `007`.

    What is not given is looked up in the file: its separator, its encoding, the line its header stands on.
    """

    kind: ClassVar[str] = "a text file"
    suffixes: ClassVar[Collection[str]] = (".csv", ".tsv", ".txt", ".gz")

    path: Path
    label: str
    separator: str | None = None
    encoding: str | None = None
    header_line: int | None = None
    said: tuple[str, ...] = ()

    @staticmethod
    def recognises(start: FileStart) -> bool:
        """Text is anything that is nothing else."""
        return bool(start.text)

    @classmethod
    def opened(cls, path: Path, label: str, form: FileForm, where: str) -> CsvFile:
        """The file, to be read as the mapping's `csv` says."""
        form.refuse_part(cls.kind, where)
        return cls(path, label, form.csv.separator, form.csv.encoding, form.csv.header, form.said)

    @cached_property
    def dialect(self) -> Dialect:
        """Separator, encoding and header, looked up in the file where not given."""
        return look(self.path, self.separator, self.encoding, self.header_line)

    def columns(self) -> Mapping[str, str]:
        """The header's names, all VARCHAR."""
        return dict.fromkeys(self.dialect.header, "VARCHAR")

    def fingerprint(self) -> str:
        """The file's SHA-256 and how it is read."""
        return f"{sha256(self.path)}:{self.separator}:{self.encoding}:{self.header_line}"

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """Copy the rows; a line that can't be cut into the header's columns is set aside as broken."""
        with _scratch(connection) as folder:
            plain = folder / f"{name}.csv"
            records = self._cut(plain)
            self._refuse_half(records)
            rows = quote(name + "_rows")
            connection.execute(f"CREATE OR REPLACE TABLE {rows} AS SELECT * FROM {self._read_csv(plain)}")
        connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS SELECT rowid AS {ROW}, * FROM {rows}")
        self._refuse_half_value(connection, rows, records)
        notes = (*self.said, *self._doubts(records))
        return Staged(name, self.columns(), "line", records.lines, tuple(records.broken), notes=notes)

    def _cut(self, plain: Path) -> Records:
        dialect = self.dialect
        with (
            open_text(self.path, dialect.encoding.name) as source,
            plain.open("w", encoding="utf-8", newline="\n") as target,
        ):
            lines = islice(source, dialect.first_line - 1, None)
            return Cutter(target, dialect.separator, len(dialect.header)).cut(lines, dialect.first_line)

    def _refuse_half(self, records: Records) -> None:
        """Refuse a file that ends within a line: one that was copied only in part has lost more than that line."""
        last = records.cut_off
        if last is None or self.dialect.separator not in last.text:
            torn = records.torn
            last = torn if torn and torn.text.count(self.dialect.separator) + 1 < len(self.dialect.header) else None
        if last:
            columns = last.text.count(self.dialect.separator) + 1
            raise DataError(
                f"the file ends in the middle of line {last.position:,}",
                where=self.label,
                why=f"it has {columns} of {len(self.dialect.header)} columns and no end: {last.text[-_SHOWN:]!r}",
                todo="export or copy it again; if nothing is missing, take that line out or end it with a line break",
            )

    def _refuse_half_value(self, connection: duckdb.DuckDBPyConnection, rows: str, records: Records) -> None:
        """Refuse a file without an end whose last value is the beginning of what nearly all others look like."""
        column = self.dialect.header[-1]
        if records.endless is None or records.cut_off or not half_value.is_last(connection, rows, column):
            return
        raise DataError(
            f"the file ends in the middle of line {records.endless:,}",
            where=self.label,
            why=f"no line break ends it, and its {column} is shorter than nearly all others",
            todo="export or copy it again; if nothing is missing, end that line with a line break",
        )

    def _doubts(self, records: Records) -> list[str]:
        if last := records.cut_off:
            return [f"{self.label}: its last line, {last.position:,}, has no end: it may be {CUT_OFF}"]
        if records.endless is None:
            return []
        column = self.dialect.header[-1]
        return [
            f"{self.label}: no line break ends its last line, {records.endless:,}: if it was {CUT_OFF} there,"
            f" the line's {column} is not whole"
        ]

    def _read_csv(self, plain: Path) -> str:
        columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in self.dialect.header)
        options = {
            "columns": f"{{{columns}}}",
            "auto_detect": "false",
            "header": "false",
            "delim": literal(self.dialect.separator),
            "quote": "'\"'",
            "escape": "'\"'",
            "new_line": r"'\n'",
            "max_line_size": str(8 * MAX_CHARACTERS),
        }
        return f"read_csv({literal(str(plain))}, {', '.join(f'{k}={v}' for k, v in options.items())})"


@contextmanager
def _scratch(connection: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    """A folder beside the connection's database file (of a database in memory: where temporary files are)."""
    [(path,)] = connection.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()
    with tempfile.TemporaryDirectory(prefix="rows-", dir=Path(path).parent if path else None) as folder:
        yield Path(folder)
