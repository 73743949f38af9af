"""What a text file looks like: its encoding, its separator, the names in its header."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import DataError

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_BYTES = 1 << 18
_ENCODINGS = {"utf-8": "utf-8-sig", "latin-1": "latin-1", "utf-16": "utf-16"}


@dataclass(frozen=True)
class Dialect:
    """How a text file is to be read; `header` are the names of its columns, `repeated` those that stand twice in it."""

    separator: str
    encoding: str
    header: tuple[str, ...]
    repeated: tuple[str, ...] = ()


def look(path: Path, separator: str | None = None, encoding: str | None = None) -> Dialect:
    """Look at the beginning of a text file (and, for the encoding, at all of it).

    Raises:
        DataError: the file is empty or not text.
    """
    encoding = encoding or _encoding(path)
    text = sample(path, encoding)
    if not text.strip():
        raise DataError("the file is empty", where=str(path), todo="give a file with a header line and rows")
    separator = separator or _separator(text)
    names = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    bare = [name.strip().lower() for name in names if name.strip()]
    repeated = tuple(sorted({name for name in bare if bare.count(name) > 1}))
    return Dialect(separator, encoding, _unique(names), repeated)


def sample(path: Path, encoding: str) -> str:
    """The first lines of the file as text, cut at the end of a line."""
    with open_bytes(path) as file:
        data = file.read(SAMPLE_BYTES)
        whole = len(data) < SAMPLE_BYTES
    text = data.decode(_ENCODINGS.get(encoding, encoding), errors="replace")
    return text if whole else text[: text.rfind("\n") + 1] or text


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where it ends in .gz."""
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _encoding(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_bytes(path) as file:
        start = file.read(1 << 13)
        if start[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return "utf-16"
        if start[:4] in {b"PK\x03\x04", b"PAR1"} or _binary(start):
            raise DataError(
                "this is not a text file", where=str(path), todo="save it as CSV or Parquet and name that file"
            )
        try:
            decoder.decode(start)
            while block := file.read(1 << 22):
                decoder.decode(block)
        except UnicodeDecodeError:
            return "latin-1" if _mostly_legacy(path) else "utf-8"
    return "utf-8"


def _binary(start: bytes) -> bool:
    """Text has no zero bytes and hardly a control character beside tabs and ends of lines."""
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in start)
    return b"\x00" in start or control > len(start) / 50


def _mostly_legacy(path: Path) -> bool:
    """A file with letters beyond ASCII of which none is UTF-8; a few broken bytes do not make it one."""
    with open_bytes(path) as file:
        data = file.read(1 << 24)
    beyond = sum(byte > 127 for byte in data)
    decoded = data.decode("utf-8", errors="replace")
    return decoded.count("\ufffd") * 2 > beyond


def _separator(text: str) -> str:
    """The separator that cuts the header and the rows after it into the most columns, equally many."""
    lines = text.splitlines()[:50]

    def score(separator: str) -> tuple[float, int]:
        rows = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
        width = rows[0]
        return (sum(n == width for n in rows) / len(rows) if width > 1 else 0, width)

    return max(SEPARATORS, key=score)


def _unique(names: list[str]) -> tuple[str, ...]:
    """Names for the columns: empty ones numbered, repeated ones told apart by a number."""
    seen: dict[str, int] = {}
    unique = []
    for index, raw in enumerate(names):
        name = raw.strip() or f"column{index + 1}"
        count = seen.get(name.lower(), 0)
        seen[name.lower()] = count + 1
        unique.append(f"{name}_{count}" if count else name)
    return tuple(unique)
