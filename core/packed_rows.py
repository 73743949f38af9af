"""One row of a view as bytes: what every online store keeps, and what the service reads.

A row is, little-endian and without gaps:

    8 bytes  the fingerprint of the view's columns: their names and types, in order
    int64    the sequence of the last received event that was folded in; 0: none
    int64    the event timestamp, in microseconds since 1970, UTC
    uint32   how many orders the events folded in have opened (`PackedRow.orders`)
    bits     one for each column, the lowest first: set where the value is missing
    8 bytes  for each number, in order: a float64, or an int64
    uint64   for each order
    and for each other column that is there, in order: a uint32, how many bytes follow, and these

Numbers stand at the same place in every row, so that many rows are one matrix. Text is UTF-8; a list of numbers its
items of 8 bytes each; a list of texts a uint32 for each, its length, after their number, and then all of them.
Whatever type Feast has beside those is kept as Feast's own bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Reads = Mapping[str, Callable[[bytes], Any]]
"""How the bytes of each kind that is no number are told."""
Kind = Literal["float", "int", "text", "floats", "ints", "texts", "feast"]
NUMBERS: Final = {"float": "d", "int": "q"}
_HEAD: Final = "<8sqqI"
_LENGTH: Final = struct.Struct("<I")
_PATTERNS: Final = 8192
HEAD_BYTES: Final = struct.calcsize(_HEAD)


@dataclass(frozen=True)
class PackedRow:
    """A row as it is folded and stored; `values` has every column, None where it is missing.

    `orders` are the orders that folded events have opened (`feature_repo.purchases.order_number`), in their order.
    """

    values: Mapping[str, Any]
    timestamp: int
    sequence: int = 0
    orders: tuple[int, ...] = ()


@dataclass(frozen=True)
class Layout:
    """The columns of a view and how they lie in a row.

    Layout((("visits", "float"), ("history", "ints")))
    """

    columns: tuple[tuple[str, Kind], ...]
    fingerprint: bytes = field(init=False, compare=False)
    _struct: struct.Struct = field(init=False, compare=False, repr=False)
    _numbers: tuple[int, ...] = field(init=False, compare=False, repr=False)
    _others: tuple[int, ...] = field(init=False, compare=False, repr=False)
    nothing: bytes = field(init=False, compare=False, repr=False)
    """What lies at `said` in a row without any value."""
    said: slice = field(init=False, compare=False, repr=False)
    _missing: Callable[[bytes], tuple[int, ...]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        said = "\0".join(f"{name}:{kind}" for name, kind in self.columns)
        numbers = tuple(place for place, (_, kind) in enumerate(self.columns) if kind in NUMBERS)
        letters = "".join(NUMBERS[self.columns[place][1]] for place in numbers)
        put = object.__setattr__
        put(self, "fingerprint", hashlib.blake2b(said.encode(), digest_size=8).digest())
        put(self, "_struct", struct.Struct(f"{_HEAD}{self.bitmap_bytes}s{letters}"))
        put(self, "_numbers", numbers)
        put(self, "_others", tuple(place for place in range(len(self.columns)) if place not in set(numbers)))
        put(self, "said", slice(HEAD_BYTES, HEAD_BYTES + self.bitmap_bytes))
        put(self, "nothing", ((1 << len(self.columns)) - 1).to_bytes(self.bitmap_bytes, "little"))
        put(self, "_missing", lru_cache(_PATTERNS)(_set_bits))

    def __hash__(self) -> int:
        return hash(self.fingerprint)  # which is of the columns

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [name for name, _ in self.columns]

    @property
    def bitmap_bytes(self) -> int:
        """How many bytes tell which columns are missing."""
        return (len(self.columns) + 7) // 8

    @property
    def number_places(self) -> tuple[int, ...]:
        """The columns that are numbers, by their place."""
        return self._numbers

    @cached_property
    def whole_numbers(self) -> NDArray[np.int64]:
        """Which of the numbers are integers."""
        return np.flatnonzero([self.columns[place][1] == "int" for place in self._numbers])

    @property
    def other_places(self) -> tuple[int, ...]:
        """The columns that are not."""
        return self._others

    def knows(self, packed: bytes | None) -> bool:
        """Whether these bytes are a row of this layout; those of another release are not."""
        return packed is not None and packed[:8] == self.fingerprint

    def says(self, packed: bytes) -> bool:
        """Whether a row of this layout has any value."""
        return packed[self.said] != self.nothing

    def offset(self, place: int) -> int | None:
        """Where in a row the number of a column stands; None where the column is none of numbers."""
        return self._offsets.get(place)

    @cached_property
    def _offsets(self) -> dict[int, int]:
        start = HEAD_BYTES + self.bitmap_bytes
        return {place: start + 8 * number for number, place in enumerate(self._numbers)}

    def pack(self, row: PackedRow) -> bytes:
        """A row in bytes.

        Raises:
            TypeError, struct.error: a value is not of its column's type.
        """
        cells, missing = [row.values.get(name) for name, _ in self.columns], 0
        for place, cell in enumerate(cells):
            if cell is None:
                missing |= 1 << place
                cells[place] = 0
        bitmap = missing.to_bytes(self.bitmap_bytes, "little")
        numbers = [_number(self.columns[place][1], cells[place]) for place in self._numbers]
        head = self._struct.pack(self.fingerprint, row.sequence, row.timestamp, len(row.orders), bitmap, *numbers)
        parts = [head, struct.pack(f"<{len(row.orders)}Q", *row.orders)]
        for place in self._others:
            if not missing >> place & 1:
                content = WRITE[self.columns[place][1]](cells[place])
                parts += [_LENGTH.pack(len(content)), content]
        return b"".join(parts)

    def unpack(self, packed: bytes) -> PackedRow:
        """The inverse of `pack`."""
        cells = self.cells(packed)
        _, sequence, timestamp, count = struct.unpack_from(_HEAD, packed)
        orders = struct.unpack_from(f"<{count}Q", packed, self._struct.size)
        return PackedRow(dict(zip(self.names, cells, strict=True)), timestamp, sequence, orders)

    def without_orders(self, packed: bytes) -> bytes:
        """The same row, and nothing of which orders events have opened."""
        (count,) = struct.unpack_from("<I", packed, HEAD_BYTES - 4)
        if not count:
            return packed
        end = self._struct.size
        return b"".join((packed[: HEAD_BYTES - 4], bytes(4), packed[HEAD_BYTES:end], packed[end + 8 * count :]))

    def timestamp(self, packed: bytes) -> int:
        """The event timestamp of a row, in microseconds since 1970."""
        return int(struct.unpack_from("<q", packed, 16)[0])

    def unpack_columns(self, rows: Sequence[bytes | None]) -> dict[str, list[Any]]:
        """Name -> the values of each row; None for a row that is not there, or is of another layout."""
        nobody = [None] * len(self.columns)
        cells = [self.cells(row) if row is not None and self.knows(row) else nobody for row in rows]
        if not cells:
            return {name: [] for name in self.names}
        return dict(zip(self.names, map(list, zip(*cells, strict=True)), strict=True))

    def cells(self, packed: bytes, read: Reads | None = None) -> list[Any]:
        """The values of a row of this layout, in the order of the columns; `read` tells others than numbers."""
        content = self._struct.unpack_from(packed)
        missing = self._missing(content[4])
        if not self._others:
            cells = list(content[5:])
        else:
            cells = [None] * len(self.columns)
            for place, number in zip(self._numbers, content[5:], strict=True):
                cells[place] = number
            self._read_others(packed, content[3], set(missing), cells, read or READ)
        for place in missing:
            cells[place] = None
        return cells

    def some_cells(self, packed: bytes, places: Sequence[int], read: Reads | None = None) -> list[Any]:
        """The values of some columns of a row of this layout; of the others nothing is read but their length."""
        read = read or READ
        missing = set(self._missing(packed[HEAD_BYTES : HEAD_BYTES + self.bitmap_bytes]))
        (count,) = _LENGTH.unpack_from(packed, HEAD_BYTES - 4)
        found: dict[int, Any] = dict.fromkeys(places)
        at, last = self._struct.size + 8 * count, max(places)
        for place in self._others:
            if place > last:
                break
            if place not in missing:
                (length,) = _LENGTH.unpack_from(packed, at)
                if place in found:
                    found[place] = read[self.columns[place][1]](packed[at + 4 : at + 4 + length])
                at += 4 + length
        for place in found.keys() & self._offsets.keys() - missing:
            (found[place],) = struct.unpack_from("<" + NUMBERS[self.columns[place][1]], packed, self._offsets[place])
        return [found[place] for place in places]

    def _read_others(
        self,
        packed: bytes,
        orders: int,
        missing: set[int],
        cells: list[Any],
        read: Reads,
    ) -> None:
        at = self._struct.size + 8 * orders
        for place in self._others:
            if place not in missing:
                (length,) = _LENGTH.unpack_from(packed, at)
                cells[place] = read[self.columns[place][1]](packed[at + 4 : at + 4 + length])
                at += 4 + length


def matrix(layout: Layout, rows: Sequence[bytes]) -> NDArray[np.float64]:
    """The numbers of rows of this layout, NaN where they are missing; shape (rows, `number_places`)."""
    places, start = layout.number_places, HEAD_BYTES + layout.bitmap_bytes
    end = start + 8 * len(places)
    joined = b"".join([row[HEAD_BYTES:end] for row in rows])
    table = np.frombuffer(joined, np.uint8).reshape(len(rows), end - HEAD_BYTES)
    numbers = table[:, layout.bitmap_bytes :].copy().view("<f8")
    if layout.whole_numbers.size:
        numbers[:, layout.whole_numbers] = numbers.view("<i8")[:, layout.whole_numbers]
    bits = np.unpackbits(table[:, : layout.bitmap_bytes], axis=1, bitorder="little", count=len(layout.columns))
    missing = bits.view(bool)
    numbers[missing if len(places) == len(layout.columns) else missing[:, places]] = np.nan
    return numbers


def _number(kind: Kind, value: Any) -> float | int:
    return int(value) if kind == "int" else float(value)


def _set_bits(bitmap: bytes) -> tuple[int, ...]:
    left, found = int.from_bytes(bitmap, "little"), []
    while left:
        lowest = left & -left
        found.append(lowest.bit_length() - 1)
        left ^= lowest
    return tuple(found)


def _write_texts(texts: Sequence[str]) -> bytes:
    content = [text.encode() for text in texts]
    return struct.pack(f"<{len(content) + 1}I", len(content), *map(len, content)) + b"".join(content)


def _read_texts(content: bytes) -> list[str]:
    (count,) = _LENGTH.unpack_from(content)
    texts = content[4 + 4 * count :]
    ends = accumulate(struct.unpack_from(f"<{count}I", content, 4), initial=0)
    if texts.isascii():  # then a letter is a byte, and one decoding does for all
        text = texts.decode()
        return [text[first:end] for first, end in pairwise(ends)]
    return [texts[first:end].decode() for first, end in pairwise(ends)]


WRITE: Final[Mapping[str, Callable[[Any], bytes]]] = {
    "text": str.encode,
    "floats": lambda values: np.asarray(values, "<f8").tobytes(),
    "ints": lambda values: np.asarray(values, "<i8").tobytes(),
    "texts": _write_texts,
    "feast": bytes,
}
READ: Final[Reads] = {
    "text": bytes.decode,
    "floats": lambda content: np.frombuffer(content, "<f8").tolist(),
    "ints": lambda content: np.frombuffer(content, "<i8").tolist(),
    "texts": _read_texts,
    "feast": bytes,
}
READ_ARRAYS: Final[Reads] = {
    **READ,
    "floats": lambda content: np.frombuffer(content, "<f8"),
    "ints": lambda content: np.frombuffer(content, "<i8"),
}
"""The same, with lists of numbers as arrays, which nobody may change."""
