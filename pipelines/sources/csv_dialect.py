"""What a text file looks like: its encoding, its separator, where its header stands and which names are in it."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError
from pipelines.sources.encodings import Encoding, detect, open_text
from pipelines.sources.header_record import HeaderRecord, find_header, looks_like_header, usual_width

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_CHARACTERS = 1 << 18
SAMPLE_RECORDS = 60
_EXCEL_HINT = re.compile(r'"?sep=(.|\\t)"?', re.IGNORECASE)


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
    record = find_header(_records(lines[above:], separator, above), header_line)
    if record is None:
        raise DataError(f"there is no line {header_line} with a header", where=str(path), todo="mend csv.header")
    return Dialect(separator, found, record.names, record.repeated, record.line, record.following)


def _sample(path: Path, encoding: str) -> list[str]:
    """The first lines of the file, without one that is cut off."""
    with open_text(path, encoding) as file:
        text = file.read(SAMPLE_CHARACTERS)
        whole = not file.read(1)
    text = text if whole else text[: text.rfind("\n") + 1] or text
    return [line + "\n" for line in text.removesuffix("\n").split("\n")]


def _records(lines: Sequence[str], separator: str, above: int) -> list[HeaderRecord]:
    """The first records that are not blank."""
    records: list[HeaderRecord] = []
    reader = csv.reader(lines, delimiter=separator)
    line = above + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            records.append(HeaderRecord(cells, line, above + reader.line_num + 1))
        line = above + reader.line_num + 1
        if len(records) == SAMPLE_RECORDS:
            break
    return records


def _score(lines: Sequence[str], separator: str) -> tuple[bool, float, int]:
    """The separator that finds a header and cuts the records into equally many columns, and into the most."""
    records = _records(lines, separator, 0)
    width = usual_width(records)
    header = find_header(records, None)
    if width < 2 or header is None:
        return False, 0.0, 0
    share = sum(len(record.cells) == width for record in records) / len(records)
    return looks_like_header(header) and len(header.cells) == width, share, width
