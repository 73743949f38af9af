"""An archive (.zip) of files of one kind: unpacked among the temporary files, and read from there."""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar

from core.errors import DataError, MappingError, StoreError
from core.files import sha256
from pipelines.sources.archive_limits import BLOCK, open_archive
from pipelines.sources.file_form import FileForm
from pipelines.sources.file_order import natural
from pipelines.sources.file_start import FileStart
from pipelines.sources.prose_files import without_prose
from pipelines.sources.source import Origin, Staged
from pipelines.sources.temporary_folder import folder_of

if TYPE_CHECKING:
    import zipfile

    import duckdb

_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_CLUTTER = {"__MACOSX", "Thumbs.db", "desktop.ini"}
_SHOWN = 5


@dataclass(frozen=True)
class ArchiveFile:
    """The files of an archive as one table: all of them, or those that a pattern behind `#` names."""

    kind: ClassVar[str] = "an archive"
    suffixes: ClassVar[Collection[str]] = (".zip",)

    path: Path
    label: str
    form: FileForm
    where: str

    @staticmethod
    def recognises(start: FileStart) -> bool:
        """By its mark; workbooks, which have the same, are asked before."""
        return start.raw.startswith(_MARKS)

    @classmethod
    def opened(cls, path: Path, label: str, form: FileForm, where: str) -> ArchiveFile:
        """The archive; its files are read as the mapping says."""
        return cls(path, label, form, where)

    @property
    def files(self) -> tuple[Path, ...]:
        """The unpacked files that queries still read."""
        return self.inside.files

    @property
    def made_of(self) -> tuple[Path, ...]:
        """The archive."""
        return (self.path,)

    def columns(self) -> Mapping[str, str]:
        """Those of the files."""
        return self.inside.columns()

    def fingerprint(self) -> str:
        """The archive's SHA-256 and how it is read."""
        return f"{sha256(self.path)}:{self.form}"

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """As the files."""
        return self.inside.stage(connection, name)

    @cached_property
    def inside(self) -> Origin:
        """The unpacked files; they are there as long as this object.

        Raises:
            DataError: the archive holds no such files, or may not be unpacked.
        """
        from pipelines.sources.file_set import together

        folder = folder_of(self)
        label = self.label.partition("#")[0]
        try:
            found = self._unpack(folder, label)
        except OSError as error:
            todo = "make room for temporary files (TMPDIR says where they are)"
            raise StoreError("the archive can't be unpacked", where=label, why=str(error), todo=todo) from None
        found, prose = without_prose(found)
        said = tuple(f"{name} holds no table, and is left out" for name in prose)
        return replace(together(found, replace(self.form, part=""), self.label, self.where), said=said)

    def _unpack(self, folder: Path, label: str) -> list[tuple[str, Path]]:
        with open_archive(self.path, label) as archive:
            found = []
            for number, info in enumerate(self._wanted(archive, label)):
                target = folder / str(number) / PurePosixPath(info.filename).name
                target.parent.mkdir()
                with archive.open(info) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file, BLOCK)
                found.append((f"{label}/{info.filename}", target))
        return found

    def _wanted(self, archive: zipfile.ZipFile, label: str) -> list[zipfile.ZipInfo]:
        """The files that are meant, in the order of their names."""
        files = {info.filename: info for info in archive.infolist() if _is_content(info)}
        names = sorted((name for name in files if _matches(name, self.form.part or "*")), key=natural)
        if not names and self.form.part and files:
            there = ", ".join(sorted(files, key=natural)[:_SHOWN])
            raise MappingError(f"no file in it is called {self.form.part!r}", where=label, todo=f"there is: {there}")
        if not names:
            raise DataError("the archive holds no file", where=label, todo="pack the files again")
        if inner := [name for name in names if name.lower().endswith(".zip")]:
            todo = "unpack that one, and name its files"
            raise DataError("the archive holds another archive", where=label, why=inner[0], todo=todo)
        return [files[name] for name in names]


def _is_content(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a file, and none that an operating system leaves behind."""
    parts = PurePosixPath(info.filename).parts
    return not info.is_dir() and not any(part in _CLUTTER or part.startswith(".") for part in parts)


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(PurePosixPath(name).name, pattern)
