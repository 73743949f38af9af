"""What an archive may hold: not a mountain in a small file, no way out of the folder, nothing locked."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.errors import DataError

MAX_UNPACKED = 16 << 30
MAX_RATIO = 250
"""Tables in text are packed to a twentieth, seldom to a hundredth."""
SMALL = 64 << 20
"""So much may unpack from anything."""
BLOCK = 1 << 20
_LOCKED = 0x1


@contextmanager
def open_archive(path: Path, label: str) -> Iterator[zipfile.ZipFile]:
    """The archive, if what it says of itself is allowed. No member yields more bytes than it says it has.

    Raises:
        DataError: it is damaged, encrypted, unpacks to too much, or leads out of its folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                _check_member(info, label)
            _check_size(sum(info.file_size for info in archive.infolist()), path.stat().st_size, label)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        why = str(error) or "its end is missing"
        raise DataError("the archive is damaged", where=label, why=why, todo="copy or export it again") from None


def prove_archive(path: Path, label: str) -> None:
    """Unpack it once to nowhere: before a library does that believes whatever the archive says.

    Raises:
        DataError: as `open_archive`.
    """
    with open_archive(path, label) as archive:
        for info in archive.infolist():
            with archive.open(info) as file:
                while file.read(BLOCK):
                    pass


def _check_size(unpacked: int, packed: int, label: str) -> None:
    if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked > MAX_RATIO * packed):
        raise DataError(
            "the archive unpacks to far more than a table of its size",
            where=label,
            why=f"{unpacked / 1e6:,.0f} MB from {packed / 1e6:,.1f} MB",
            todo="if you know where it is from, unpack it and name the files inside",
        )


def _check_member(info: zipfile.ZipInfo, label: str) -> None:
    place = PurePosixPath(info.filename.replace("\\", "/"))
    if info.flag_bits & _LOCKED:
        todo = "unpack it and name the files inside, or pack them without a password"
        raise DataError("the archive is encrypted", where=label, why=f"{info.filename} needs a password", todo=todo)
    linked = stat.S_ISLNK(info.external_attr >> 16)
    if linked or place.is_absolute() or ".." in place.parts or any(":" in part for part in place.parts[:1]):
        what = "is a link" if linked else "leads out of the folder"
        raise DataError(f"{info.filename} in the archive {what}", where=label, todo="pack the files themselves")
