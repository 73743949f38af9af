"""The kinds of files that a table can come from; a file is known by its content, whatever it is called.

A kind is one module with one class, an `Origin` that stands in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar, Protocol

from core.errors import DataError, MappingError
from pipelines.sources.archive_file import ArchiveFile
from pipelines.sources.csv_file import CsvFile
from pipelines.sources.file_form import FileForm
from pipelines.sources.file_start import FileStart
from pipelines.sources.json_file import JsonFile
from pipelines.sources.readers import ParquetFile
from pipelines.sources.source import Origin
from pipelines.sources.text_file import PACKED
from pipelines.sources.workbook_file import WorkbookFile

__all__ = ["KINDS", "FileForm", "FileOrigin", "open_file"]


class FileOrigin(Origin, Protocol):
    """A file as an origin."""

    kind: ClassVar[str]
    """What messages call such a file: «an Excel workbook»."""
    suffixes: ClassVar[Collection[str]]
    """How the names of such files end, in small letters."""

    @staticmethod
    def recognises(start: FileStart) -> bool:
        """Whether a file that begins like this is one."""
        ...

    @classmethod
    def opened(cls, path: Path, label: str, form: FileForm, where: str) -> FileOrigin:
        """The file, to be read as the mapping says."""
        ...


KINDS: tuple[type[FileOrigin], ...] = (ParquetFile, WorkbookFile, ArchiveFile, JsonFile, CsvFile)
"""Asked in this order; the last one takes everything that is text."""


def open_file(path: Path, label: str, form: FileForm, where: str) -> FileOrigin:
    """The file as the kind its content tells; where its name tells another one, that is said.

    Raises:
        MappingError: its name tells no kind that is read.
        DataError: there is nothing in it.
    """
    named = _by_name(path, where)
    start = FileStart(path)
    if start.empty:
        raise DataError("the file is empty", where=label, todo="give a file with a header and rows")
    kind = next((kind for kind in KINDS if kind.recognises(start)), named)
    if kind is not named:
        said = f"{label} is {kind.kind} by its content, not {named.kind}, and is read as one"
        form = form.saying(said)
    if form.rows and kind not in {ArchiveFile, JsonFile}:
        todo = "leave rows out"
        raise MappingError(
            f"rows says where they are in a JSON file, and {label} is {kind.kind}", where=where, todo=todo
        )
    return kind.opened(path, label, form, where)


def _by_name(path: Path, where: str) -> type[FileOrigin]:
    suffix = path.suffix.lower()
    for kind in KINDS:
        if suffix in kind.suffixes or "".join(path.suffixes[-2:]).lower() in kind.suffixes:
            return kind
    if suffix in PACKED:
        raise MappingError(
            f"{path.name!r} is packed as {suffix}",
            where=where,
            why="of packed files only .zip and .gz are read",
            todo="unpack it and name the file inside, or pack that with zip or gzip",
        )
    listed = ", ".join(sorted(suffix for kind in KINDS for suffix in kind.suffixes))
    raise MappingError(
        f"no reader for {path.name!r}",
        where=where,
        todo=f"give {listed}, duckdb:file#table, or a database URL and #table",
    )
