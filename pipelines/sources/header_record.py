"""Which of the first records of a file names its columns, and what they are called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.parsing.blanks import tidy

_TITLES = 30
_VALUE = re.compile(r"[-+(]?[^A-Za-z\d]{0,2}\d[\d.,:/' -]*\W{0,2}")


@dataclass(frozen=True)
class HeaderRecord:
    """The cells of one record, the line (or the row of a sheet) it begins on, and the one after it."""

    cells: Sequence[str]
    line: int
    following: int

    @property
    def filled(self) -> int:
        """How many cells hold something."""
        return sum(bool(cell.strip()) for cell in self.cells)

    @property
    def names(self) -> tuple[str, ...]:
        """Names for the columns: empty ones numbered, repeated ones told apart by a number."""
        return unique_names([tidy(name) for name in self.cells])

    @property
    def repeated(self) -> tuple[str, ...]:
        """Names that stand twice in it, in small letters."""
        bare = [name.lower() for name in map(tidy, self.cells) if name]
        return tuple(sorted({name for name in bare if bare.count(name) > 1}))


def usual_width(records: Sequence[HeaderRecord]) -> int:
    """The number of columns that most records have."""
    counts = Counter(len(record.cells) for record in records)
    return max(counts, key=lambda width: (counts[width], width), default=0)


def find_header(records: Sequence[HeaderRecord], line: int | None = None) -> HeaderRecord | None:
    """The record that begins on `line`, or the first that is no title: titles fill half of the columns at most."""
    if line is not None:
        return next((record for record in records if record.line == line), None)
    most = max(1, usual_width(records) // 2)
    for record in records[:_TITLES]:
        if record.filled > most:
            return record if looks_like_header(record) else records[0]
    return records[0]


def looks_like_header(record: HeaderRecord) -> bool:
    """Names are no numbers, dates or amounts."""
    return not any(_VALUE.fullmatch(cell.strip()) for cell in record.cells)


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Names for columns: empty ones numbered, repeated ones told apart by a number."""
    seen: dict[str, int] = {}
    unique = []
    for index, raw in enumerate(names):
        name = raw or f"column{index + 1}"
        count = seen.get(name.lower(), 0)
        seen[name.lower()] = count + 1
        unique.append(f"{name}_{count}" if count else name)
    return tuple(unique)
