"""The bytes of a text file: unpacked where it is gzip, and refused with a way out where it is no text at all."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import DataError

START_BYTES = 1 << 13
_GZIP = b"\x1f\x8b"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV UTF-8"),
    (b"PK\x05\x06", "an empty ZIP archive", "pack the file again, or name the CSV itself"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "save the sheet as CSV UTF-8"),
    (b"BZh", "packed with bzip2", "unpack it with bunzip2, or pack it with gzip"),
    (b"\xfd7zXZ", "packed with xz", "unpack it with unxz, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it with unzstd, or pack it with gzip"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it, or pack it with gzip"),
    (b"Rar!", "a RAR archive", "unpack it, or pack it with gzip"),
    (b"PAR1", "a Parquet file", "name it .parquet"),
    (b"SQLite format 3", "a SQLite database", "name it as sqlite:///FILE#TABLE"),
    (b"%PDF", "a PDF document", "export the rows as CSV or Parquet"),
)
PACKED = {".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz"}
"""Endings of files that have to be unpacked first."""


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked where they are gzip, whatever the file is called.

    Raises:
        DataError: the file says it is gzip and is not, or is damaged or cut short.
    """
    packed = _is_gzip(path)
    try:
        with cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb") as file:
            yield file
    except EOFError:
        raise _damaged(path, "the gzip file is cut short", "its end is missing") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(path, "the gzip file is damaged", str(error)) from None


def first_bytes(path: Path) -> bytes:
    """How the text begins.

    Raises:
        DataError: it is not a text file; says what it is and what to do.
    """
    with open_bytes(path) as file:
        start = file.read(START_BYTES)
    for magic, what, todo in _FOREIGN:
        if start.startswith(magic):
            raise DataError("this is not a text file", where=str(path), why=f"it is {what}", todo=todo)
    if start[8:12] == b"DUCK":
        todo = "name it as duckdb:FILE#TABLE"
        raise DataError("this is not a text file", where=str(path), why="it is a DuckDB database", todo=todo)
    if _binary(start):
        todo = "save it as CSV or Parquet and name that file"
        raise DataError("this is not a text file", where=str(path), why="it holds binary data", todo=todo)
    return start


def wide_encoding(start: bytes) -> str | None:
    """UTF-16 or UTF-32 by its mark, or by the zero bytes beside each ASCII character; None for neither."""
    if start[:4] in {b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"}:
        return "utf-32"
    if start[:2] in _UTF16_MARKS:
        return "utf-16"
    pairs = len(start) // 2
    high, low = start[0 : 2 * pairs : 2].count(0), start[1 : 2 * pairs : 2].count(0)
    # Some letters of other scripts end in a zero byte, too.
    if pairs >= 8 and max(high, low) > 0.3 * pairs and 2 * min(high, low) < max(high, low):
        name = "utf-16-be" if high > low else "utf-16-le"
        return name if _is_text_in(start[: 2 * pairs - 2], name) else None
    return None


def _is_text_in(start: bytes, encoding: str) -> bool:
    """Whether bytes are text in an encoding: all letters are there, and none is a zero."""
    try:
        return "\0" not in start.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start >= len(start) - 4


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        magic = file.read(2)
    if magic == _GZIP:
        return True
    if path.suffix.lower() == ".gz" and magic:
        raise DataError(
            "the file is not gzip, although its name ends in .gz",
            where=str(path),
            todo=f"rename it to {path.with_suffix('').name} if it holds plain text, or pack it again",
        )
    return False


def _damaged(path: Path, what: str, why: str) -> DataError:
    return DataError(what, where=str(path), why=why, todo="copy or export the file again")


def _binary(start: bytes) -> bool:
    """Text has no zero bytes (beside UTF-16's) and hardly a control character beside tabs and ends of lines."""
    if wide_encoding(start):
        return False
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in start)
    return b"\x00" in start or control > len(start) / 50
