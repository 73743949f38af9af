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

    def add(self, line: int) -> None:
        """The next row begins on this line."""
        if line != self._expected:
            self._rows.append(self._count)
            self._shifts.append(line - self._count)
        self._count += 1
        self._expected = line + 1

    def __len__(self) -> int:
        return self._count

    def __call__(self, rows: Sequence[int]) -> list[int]:
        """The lines on which these rows (from 0) begin."""
        return [row + self._shifts[bisect_right(self._rows, row) - 1] for row in rows]
