"""Rows of the online store as they lie there: a matrix of numbers at once, and columns only as they are asked for.

A request needs two hundred numbers in a float32 matrix and three of them as values: lists of Python objects for all of
them cost more than the store's read and the model together.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.feature_values import StoredRows
from core.packed_rows import HEAD_BYTES, NUMBERS, READ_ARRAYS, Layout, Reads, matrix

Row = tuple[bytes | None, ...]
"""One id's row of each view; None where there is none."""


class FeatureRows(Mapping[str, list[Any]], StoredRows):
    """Columns by name, a value for each row, None where it is missing; the rows of several views lie side by side.

    `rows` holds for each id its row in each of `layouts`. A row of another layout counts as none.
    """

    def __init__(self, layouts: Sequence[Layout], rows: Sequence[Row]) -> None:
        self.layouts = tuple(layouts)
        self.rows: list[Row] = _known(self.layouts, rows)
        self._places = _places(self.layouts)
        self._columns: dict[str, list[Any]] = {}

    @classmethod
    def _of(cls, layouts: tuple[Layout, ...], rows: list[Row]) -> FeatureRows:
        """Rows that were looked at before."""
        made = cls.__new__(cls)
        made.layouts, made.rows, made._places, made._columns = layouts, rows, _places(layouts), {}
        return made

    @classmethod
    def joined(cls, parts: Sequence[FeatureRows]) -> FeatureRows:
        """The rows of all parts, which are of the same layouts, one behind the other; at least one part."""
        return cls._of(parts[0].layouts, [row for part in parts for row in part.rows])

    def __getitem__(self, name: str) -> list[Any]:
        found = self._columns.get(name)
        if found is None:
            part, place = self._places[name]
            self._columns |= self._column(part, place, name)
            found = self._columns[name]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def numbers(self, names: tuple[str, ...]) -> NDArray[np.float64]:
        """These columns as numbers, shape (rows, names); NaN where the value is missing, no number, or not there."""
        columns, has_missing = _columns_of(self.layouts, names)
        return (self._with_nothing if has_missing else self._numbers).take(columns, axis=1)

    def take(self, places: Sequence[int]) -> FeatureRows:
        """Some of the rows, in the given order."""
        return FeatureRows._of(self.layouts, [self.rows[place] for place in places])

    def some(self, names: Sequence[str], read: Reads | None = None) -> list[list[Any]]:
        """These columns, which all lie in one view, without what else is kept there; `read` as `READ_ARRAYS`."""
        ((part, layout),) = {(part, self.layouts[part]) for part in (self._places[name][0] for name in names)}
        nobody = [None] * len(names)
        wanted = tuple(self._places[name][1] for name in names)
        packed = [row[part] for row in self.rows]
        rows = [nobody if each is None else layout.some_cells(each, wanted, read) for each in packed]
        return list(map(list, zip(*rows, strict=True))) if rows else [[] for _ in names]

    def values_of(self, place: int) -> dict[str, Any]:
        """All columns of one row; a list of numbers is an array, which nobody may change."""
        found: dict[str, Any] = {}
        for layout, packed in zip(self.layouts, self.rows[place], strict=True):
            cells = [None] * len(layout.columns) if packed is None else layout.cells(packed, READ_ARRAYS)
            found |= zip(layout.names, cells, strict=True)
        return found

    @cached_property
    def hashes(self) -> list[int]:
        """Per row a number that another row has hardly ever; of this process alone."""
        return list(map(hash, self.rows))

    @cached_property
    def is_known(self) -> list[bool]:
        """Per row, whether any value is there."""
        if len(self.layouts) == 1:  # as in nearly every request
            said, nothing = self.layouts[0].said, self.layouts[0].nothing
            return [packed is not None and packed[said] != nothing for (packed,) in self.rows]
        return [
            any(packed is not None and layout.says(packed) for layout, packed in zip(self.layouts, row, strict=True))
            for row in self.rows
        ]

    @cached_property
    def _numbers(self) -> NDArray[np.float64]:
        """All numbers."""
        parts = [self._of_part(part, layout) for part, layout in enumerate(self.layouts)]
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    @property
    def _with_nothing(self) -> NDArray[np.float64]:
        """The same, and a last column of NaN."""
        return np.hstack([self._numbers, np.full((len(self.rows), 1), np.nan)])

    def _of_part(self, part: int, layout: Layout) -> NDArray[np.float64]:
        packed = [row[part] for row in self.rows]
        there = [each for each in packed if each is not None]
        if len(there) == len(packed):
            return matrix(layout, there)
        found = np.full((len(packed), len(layout.number_places)), np.nan)
        if there:
            found[[each is not None for each in packed]] = matrix(layout, there)
        return found

    def _column(self, part: int, place: int, name: str) -> dict[str, list[Any]]:
        """A column of numbers by itself; of any others all of the view's, which lie one behind the other."""
        layout = self.layouts[part]
        packed = [row[part] for row in self.rows]
        offset = layout.offset(place)
        if offset is None:
            return layout.unpack_columns(packed)
        read = struct.Struct("<" + NUMBERS[layout.columns[place][1]]).unpack_from
        byte, bit = HEAD_BYTES + place // 8, 1 << place % 8
        return {name: [None if each is None or each[byte] & bit else read(each, offset)[0] for each in packed]}


def _known(layouts: tuple[Layout, ...], rows: Sequence[Row]) -> list[Row]:
    """The rows, without what another release packed."""
    if len(layouts) == 1:  # as in nearly every request
        own = layouts[0].fingerprint
        return [row if (packed := row[0]) is not None and packed[:8] == own else (None,) for row in rows]
    return [
        tuple(packed if layout.knows(packed) else None for layout, packed in zip(layouts, row, strict=True))
        for row in rows
    ]


@lru_cache(64)
def _places(layouts: tuple[Layout, ...]) -> dict[str, tuple[int, int]]:
    """Name -> which layout, and which of its columns."""
    return {name: (part, place) for part, layout in enumerate(layouts) for place, name in enumerate(layout.names)}


@lru_cache(256)
def _columns_of(layouts: tuple[Layout, ...], names: tuple[str, ...]) -> tuple[NDArray[np.int64], bool]:
    """Where columns stand among all numbers, one after the last where they are none; whether any is none."""
    numbers = [layout.names[place] for layout in layouts for place in layout.number_places]
    at = {name: column for column, name in enumerate(numbers)}
    return np.array([at.get(name, len(numbers)) for name in names], dtype=np.int64), not at.keys() >= set(names)
