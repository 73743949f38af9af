"""What a text file looks like: its encoding, its separator, where its header stands and which names are in it."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError
from pipelines.parsing.blanks import tidy
from pipelines.sources.encodings import Encoding, detect, open_text

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_CHARACTERS = 1 << 18
_RECORDS = 60
_TITLES = 30
_EXCEL_HINT = re.compile(r'"?sep=(.|\\t)"?', re.IGNORECASE)
_VALUE = re.compile(r"[-+(]?[^A-Za-z\d]{0,2}\d[\d.,:/' -]*\W{0,2}")


@dataclass(frozen=True)
class Dialect:
    """How a text file is to be read.

    `header` are the names of its columns, `repeated` those that stand twice in it; it stands on line
    `header_line`, the rows begin on line `first_line` (from 1).
    """

    separator: str
    encoding: Encoding
    header: tuple[str, ...]
    repeated: tuple[str, ...] = ()
    header_line: int = 1
    first_line: int = 2


@dataclass(frozen=True)
class _Record:
    """The cells of one record and the lines it covers."""

    cells: list[str]
    line: int
    following: int

    @property
    def filled(self) -> int:
        return sum(bool(cell.strip()) for cell in self.cells)


def look(
    path: Path, separator: str | None = None, encoding: str | None = None, header_line: int | None = None
) -> Dialect:
    """Look at the beginning of a text file (and, for the encoding, at all of it); what is given is taken.

    Raises:
        DataError: the file is empty, damaged or not text.
    """
    found = Encoding(encoding) if encoding else detect(path)
    lines = _sample(path, found.name)
    if not any(line.strip() for line in lines):
        raise DataError("the file is empty", where=str(path), todo="give a file with a header line and rows")
    hint = _EXCEL_HINT.fullmatch(lines[0].strip("\ufeff \n"))
    above = 1 if hint else 0
    if separator is None and hint:
        separator = hint[1].replace("\\t", "\t")
    separator = separator or max(SEPARATORS, key=lambda candidate: _score(lines[above:], candidate))
    record = _header(_records(lines[above:], separator, above), header_line)
    if record is None:
        raise DataError(f"there is no line {header_line} with a header", where=str(path), todo="mend csv.header")
    names = [tidy(name) for name in record.cells]
    bare = [name.lower() for name in names if name]
    repeated = tuple(sorted({name for name in bare if bare.count(name) > 1}))
    return Dialect(separator, found, _unique(names), repeated, record.line, record.following)


def _sample(path: Path, encoding: str) -> list[str]:
    """The first lines of the file, without one that is cut off."""
    with open_text(path, encoding) as file:
        text = file.read(SAMPLE_CHARACTERS)
        whole = not file.read(1)
    text = text if whole else text[: text.rfind("\n") + 1] or text
    return [line + "\n" for line in text.removesuffix("\n").split("\n")]


def _records(lines: Sequence[str], separator: str, above: int) -> list[_Record]:
    """The first records that are not blank."""
    records: list[_Record] = []
    reader = csv.reader(lines, delimiter=separator)
    line = above + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            records.append(_Record(cells, line, above + reader.line_num + 1))
        line = above + reader.line_num + 1
        if len(records) == _RECORDS:
            break
    return records


def _width(records: Sequence[_Record]) -> int:
    """The number of columns that most records have."""
    counts = Counter(len(record.cells) for record in records)
    return max(counts, key=lambda width: (counts[width], width), default=0)


def _score(lines: Sequence[str], separator: str) -> tuple[bool, float, int]:
    """The separator that finds a header and cuts the records into equally many columns, and into the most."""
    records = _records(lines, separator, 0)
    width = _width(records)
    header = _header(records, None)
    if width < 2 or header is None:
        return False, 0.0, 0
    share = sum(len(record.cells) == width for record in records) / len(records)
    return _looks_like_header(header) and len(header.cells) == width, share, width


def _header(records: Sequence[_Record], line: int | None) -> _Record | None:
    """The record that begins on `line`, or the first that is no title: titles fill half of the columns at most."""
    if line is not None:
        return next((record for record in records if record.line == line), None)
    most = max(1, _width(records) // 2)
    for record in records[:_TITLES]:
        if record.filled > most:
            return record if _looks_like_header(record) else records[0]
    return records[0]


def _looks_like_header(record: _Record) -> bool:
    """Names are no numbers, dates or amounts."""
    return not any(_VALUE.fullmatch(cell.strip()) for cell in record.cells)


def _unique(names: list[str]) -> tuple[str, ...]:
    """Names for the columns: empty ones numbered, repeated ones told apart by a number."""
    seen: dict[str, int] = {}
    unique = []
    for index, raw in enumerate(names):
        name = raw or f"column{index + 1}"
        count = seen.get(name.lower(), 0)
        seen[name.lower()] = count + 1
        unique.append(f"{name}_{count}" if count else name)
    return tuple(unique)
