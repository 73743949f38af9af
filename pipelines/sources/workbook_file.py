"""A sheet of a workbook (Excel, LibreOffice): its cells are text like those of a text file, and read the same way."""

from __future__ import annotations

import zipfile
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa

from core.errors import DataError, MappingError, did_you_mean
from core.expressions import quote
from core.files import sha256
from pipelines.sources.archive_limits import prove_archive
from pipelines.sources.copied_file import CopiedFile
from pipelines.sources.csv_dialect import SAMPLE_RECORDS, Dialect
from pipelines.sources.encodings import Encoding
from pipelines.sources.file_form import FileForm
from pipelines.sources.file_start import FileStart
from pipelines.sources.header_record import HeaderRecord, find_header, looks_like_header
from pipelines.sources.line_numbers import LineNumbers
from pipelines.sources.source import ROW, Staged
from pipelines.sources.unread_cells import unread_cells
from pipelines.sources.workbook_cells import cell_text
from pipelines.sources.workbook_dates import mixed_dates

if TYPE_CHECKING:
    import duckdb
    from python_calamine import CalamineWorkbook

_OLD = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""What the part of a compound file is called that holds a workbook with a password."""
_LOCKED = "the workbook is protected with a password"
_UNLOCK = "open it with the password and save it without one, or save the sheet as CSV UTF-8"
_CHUNK = 20_000
_SheetRow = tuple[int, list[str]]
"""A row's number as the sheet shows it, and its cells."""


@dataclass(frozen=True)
class WorkbookFile(CopiedFile):
    """One sheet of a workbook, or several with the same header; every cell is taken as text, so that `007` stays `007`.

    `sheet` is the one that is named (""; none is), `header_row` the row its header stands on where that is told.
    """

    kind: ClassVar[str] = "a workbook"
    suffixes: ClassVar[Collection[str]] = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")

    path: Path
    label: str
    sheet: str = ""
    header_row: int | None = None
    decimal: str = "."
    said: tuple[str, ...] = ()

    @staticmethod
    def recognises(start: FileStart) -> bool:
        """An archive with a workbook's parts, or a compound file, as Excel wrote up to 2003 and writes encrypted."""
        if start.raw.startswith(_OLD):
            return True
        if not start.raw.startswith(_ZIP):
            return False
        try:
            with zipfile.ZipFile(start.path) as archive:
                names = set(archive.namelist())
        except zipfile.BadZipFile:
            return False
        return any(name.startswith("xl/") for name in names) or {"mimetype", "content.xml"} <= names

    @classmethod
    def opened(cls, path: Path, label: str, form: FileForm, where: str) -> WorkbookFile:
        """The sheet that `#` names, or the first with a table and those with the same header."""
        return cls(path, label, form.part, form.csv.header, form.csv.decimal, form.said)

    @property
    def dialect(self) -> Dialect:
        """Where the header stands, and the names in it."""
        header = self._chosen[0][0][1]
        return Dialect(",", Encoding("utf-8"), header.names, header.repeated, header.line, header.following)

    def columns(self) -> Mapping[str, str]:
        """The header's names, all VARCHAR."""
        return dict.fromkeys(self.dialect.header, "VARCHAR")

    def fingerprint(self) -> str:
        """The file's SHA-256 and what of it is read."""
        return f"{sha256(self.path)}:{self.sheet}:{self.header_row}:{self.decimal}"

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """Copy the rows that are not blank."""
        sheets, others = self._chosen
        header = sheets[0][1]
        rows, numbers, firsts = quote(name + "_rows"), LineNumbers(), list[int]()
        columns = ", ".join(f"{quote(column)} VARCHAR" for column in header.names)
        connection.execute(f"CREATE OR REPLACE TABLE {rows} ({columns})")
        with self._open() as book:
            for sheet, own in sheets:
                firsts.append(len(numbers))
                for chunk in self._filled(book, sheet, own.line):
                    for number, _ in chunk:
                        numbers.add(number)
                    connection.register("chunk_", _table([cells for _, cells in chunk], len(header.cells)))
                    connection.execute(f"INSERT INTO {rows} SELECT * FROM chunk_")
                    connection.unregister("chunk_")
        connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS SELECT rowid AS {ROW}, * FROM {rows}")
        mixed = mixed_dates(connection, rows, header.names, numbers)
        names = [sheet for sheet, _ in sheets]
        notes = (*self.said, *_choice(self.label, names, others), *(f"{self.label}: {text}" for text in mixed))
        files = _Sheets(self.label, names, firsts) if len(names) > 1 else None
        return Staged(name, self.columns(), "row", numbers, files=files, notes=notes)

    def _filled(self, book: CalamineWorkbook, sheet: str, after: int) -> Iterator[list[_SheetRow]]:
        """The rows below the header that are not blank, many at a time."""
        filled = (row for row in self._rows(book, sheet) if row[0] > after and any(map(str.strip, row[1])))
        while chunk := list(islice(filled, _CHUNK)):
            yield chunk

    @cached_property
    def _chosen(self) -> tuple[list[tuple[str, HeaderRecord]], list[str]]:
        """The sheets that are read, with their headers, and other sheets that could have been meant.

        Sheets with the header of the first are one table with it, as where there is one for each month.

        Raises:
            MappingError: there is no such sheet.
            DataError: no sheet has a table.
        """
        with self._open() as book:
            if self.sheet:
                return [(self._named(book), self._told_header(book, self._named(book)))], []
            found = {sheet: header for sheet in _visible(book) if (header := self._header(book, sheet))}
        if not found:
            todo = "export it again, with its rows"
            raise DataError("no sheet of the workbook has a header and rows", where=self.label, todo=todo)
        names = next(iter(found.values())).names
        alike = [(sheet, header) for sheet, header in found.items() if header.names == names]
        return alike, [sheet for sheet, header in found.items() if header.names != names]

    def _named(self, book: CalamineWorkbook) -> str:
        by_name = {name.strip().lower(): name for name in book.sheet_names}
        if self.sheet.strip().lower() not in by_name:
            raise MappingError(
                f"there is no sheet {self.sheet!r}", where=self.label, todo=did_you_mean(self.sheet, book.sheet_names)
            )
        return by_name[self.sheet.strip().lower()]

    def _told_header(self, book: CalamineWorkbook, sheet: str) -> HeaderRecord:
        header = self._header(book, sheet)
        if header is None:
            wanted = f"on row {self.header_row}" if self.header_row else "and rows"
            raise DataError(f"the sheet {sheet!r} has no header {wanted}", where=self.label, todo="name another sheet")
        return header

    def _header(self, book: CalamineWorkbook, sheet: str) -> HeaderRecord | None:
        """The row that names the columns; None for a sheet that holds no table."""
        rows = (row for row in self._rows(book, sheet) if any(map(str.strip, row[1])))
        first = [HeaderRecord(cells, number, number + 1) for number, cells in islice(rows, SAMPLE_RECORDS)]
        header = find_header(first, self.header_row) if first else None
        if header is None or header.filled < 2 or not (self.header_row or looks_like_header(header)):
            return None
        return header if first[-1].line > header.line else None

    def _rows(self, book: CalamineWorkbook, sheet: str) -> Iterator[_SheetRow]:
        """All rows of a sheet as text, with their numbers."""
        content = book.get_sheet_by_name(sheet)
        left = content.start[1] if content.start else 0
        unread = unread_cells(self.path, sheet)
        for number, row in enumerate(content.iter_rows(), 1):
            cells = [cell_text(cell, self.decimal) for cell in row]
            for column, text in unread.get(number, ()):
                if 0 <= column - left < len(cells) and not cells[column - left]:
                    cells[column - left] = text
            yield number, cells

    @contextmanager
    def _open(self) -> Iterator[CalamineWorkbook]:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError

        if zipfile.is_zipfile(self.path):
            prove_archive(self.path, self.label)
        try:
            with CalamineWorkbook.from_path(self.path) as book:
                yield book
        except PasswordError:
            raise DataError(_LOCKED, where=self.label, todo=_UNLOCK) from None
        except CalamineError as error:
            if _is_encrypted(self.path):
                raise DataError(_LOCKED, where=self.label, todo=_UNLOCK) from None
            why = str(error).splitlines()[0]
            raise DataError(
                "the workbook can't be read", where=self.label, why=why, todo="save it again, or its sheet as CSV UTF-8"
            ) from None


def _is_encrypted(path: Path) -> bool:
    content = path.read_bytes()
    return content.startswith(_OLD) and _PACKAGE in content


def _visible(book: CalamineWorkbook) -> list[str]:
    """The sheets that a person sees, of all where none is."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    seen = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return seen or [sheet.name for sheet in sheets]


@dataclass(frozen=True)
class _Sheets:
    """Which of several sheets rows come from: the first row of each is known."""

    label: str
    names: Sequence[str]
    firsts: Sequence[int]

    def __call__(self, rows: Sequence[int]) -> list[str]:
        """The sheet of each of the rows, as `from` would name it."""
        return [f"{self.label}#{self.names[bisect_right(self.firsts, row) - 1]}" for row in rows]


def _choice(label: str, sheets: Sequence[str], others: Sequence[str]) -> list[str]:
    read, listed = (", ".join(map(repr, names)) for names in (sheets, others))
    if len(sheets) > 1:
        left = f"; left out, with another header: {listed}" if others else ""
        return [f"{label}: sheets with the same header are read as one table: {read}{left}"]
    if not others:
        return []
    return [f"{label}: the sheet {read} is read, the first with a table; for another write {label}#NAME: {listed}"]


def _table(rows: Sequence[Sequence[str]], width: int) -> pa.Table:
    columns = [pa.array([row[index] or None for row in rows], pa.string()) for index in range(width)]
    return pa.table(columns, names=[f"c{index}" for index in range(width)])
