"""The line on which a record of a text file begins; quoted breaks and blank lines make it differ from its number."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

_BLOCK = 1 << 25
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34


class LineNumbers:
    """Positions of the rows of a text file; reads it only when first asked.

    `broken_offsets` are the byte offsets of records that were refused when it was read, `rows` the number
    of the records that were not. Where the two do not add up to what the file holds (stray quotes), the
    line is the record's number: near, not exact.
    """

    def __init__(self, path: Path, broken_offsets: Sequence[int], rows: int) -> None:
        self.path, self.broken_offsets, self.rows = path, broken_offsets, rows
        self._lines: npt.NDArray[np.int64] | None = None

    def __call__(self, rows: Sequence[int]) -> list[int]:
        """The lines on which the records of these rows (from 0, without header and refused ones) begin."""
        if self._lines is None:
            self._lines = self._read()
        return [int(self._lines[row]) for row in rows]

    def _read(self) -> npt.NDArray[np.int64]:
        offsets, lines = record_starts(self.path)
        broken = np.searchsorted(offsets, np.asarray(self.broken_offsets, dtype=np.int64), side="right") - 1
        good = np.delete(lines, np.union1d(broken, [0])) if len(lines) else lines
        return good if len(good) == self.rows else np.arange(self.rows, dtype=np.int64) + 2


def line_at(path: Path, offset: int) -> int:
    """The line in which the byte at `offset` lies."""
    count, left = 1, offset
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(left, _BLOCK))):
            count += block.count(b"\n")
            left -= len(block)
    return count


def record_starts(path: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Byte offset and line of every record that is not blank, the header's first."""
    offsets, lines = [], []
    offset, line, quoted, start, start_line = 0, 1, False, 0, 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            data = np.frombuffer(block, dtype=np.uint8)
            inside = (np.cumsum(data == _QUOTE) + quoted) % 2 == 1
            breaks = np.flatnonzero(data == _NEWLINE)
            ends = ~inside[breaks]
            starts = np.concatenate([[start], breaks[ends] + 1 + offset])
            start_lines = np.concatenate([[start_line], line + np.flatnonzero(ends) + 1])
            offsets.append(starts[:-1])
            lines.append(start_lines[:-1])
            start, start_line = int(starts[-1]), int(start_lines[-1])
            offset, line, quoted = offset + len(data), line + len(breaks), bool(inside[-1])
    offsets.append(np.asarray([start] if start < offset else [], dtype=np.int64))
    lines.append(np.asarray([start_line] if start < offset else [], dtype=np.int64))
    return _without_blank(path, np.concatenate(offsets).astype(np.int64), np.concatenate(lines).astype(np.int64))


def _without_blank(
    path: Path, offsets: npt.NDArray[np.int64], lines: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Leave out records of nothing but a line break (one or two bytes)."""
    lengths = np.diff(np.append(offsets, path.stat().st_size))
    blank = lengths == 1
    with path.open("rb") as file:
        for index in np.flatnonzero(lengths == 2):
            file.seek(int(offsets[index]))
            blank[index] = file.read(2) == b"\r\n"
    return offsets[~blank], lines[~blank]
