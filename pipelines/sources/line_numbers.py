"""The line on which a record of a text file begins: quoted breaks, blank and damaged lines move it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence


class LineNumbers:
    """Positions of the rows of a text file; holds only the places where rows and lines go out of step."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._shifts: list[int] = []
        self._count = 0
        self._expected = -1

    def add(self, line: int, rows: int = 1) -> None:
        """The next row begins on this line, and so many `rows` on the lines from there on."""
        if line != self._expected:
            self._rows.append(self._count)
            self._shifts.append(line - self._count)
        self._count += rows
        self._expected = line + rows

    @property
    def steps(self) -> list[tuple[int, int]]:
        """The rows from which on another number is to be added to a row's to be its line, and that number."""
        return list(zip(self._rows, self._shifts, strict=True))

    def __len__(self) -> int:
        return self._count

    def __call__(self, rows: Sequence[int]) -> list[int]:
        """The lines on which these rows (from 0) begin."""
        return [row + self._shifts[bisect_right(self._rows, row) - 1] for row in rows]
