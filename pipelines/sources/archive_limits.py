"""What an archive may hold: not a mountain in a small file, no way out of the folder, nothing locked."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from core.errors import DataError

MAX_UNPACKED = 16 << 30
MAX_RATIO = 250
"""Tables in text are packed to a twentieth, seldom to a hundredth."""
SMALL = 64 << 20
"""So much may unpack from anything."""
_BLOCK = 1 << 20
_LOCKED = 0x1


def check_archive(path: Path, label: str) -> None:
    """Look at what an archive says of itself, and unpack it once to nowhere: what it says may be a lie.

    Raises:
        DataError: it is damaged, encrypted, unpacks to too much, or leads out of its folder.
    """
    packed = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                _check_member(info, label)
            check_size(sum(info.file_size for info in archive.infolist()), packed, label)
            for info in archive.infolist():
                with archive.open(info) as file:
                    while file.read(_BLOCK):
                        pass
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        why = str(error) or "its end is missing"
        raise DataError("the archive is damaged", where=label, why=why, todo="copy or export it again") from None


def check_size(unpacked: int, packed: int, label: str) -> None:
    """Make sure that an archive unpacks to an amount that its size explains.

    Raises:
        DataError: it does not.
    """
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
    if linked or place.is_absolute() or ".." in place.parts or ":" in place.parts[0]:
        what = "is a link" if linked else "leads out of the folder"
        todo = "pack the files themselves"
        raise DataError(f"{info.filename} in the archive {what}", where=label, todo=todo)
