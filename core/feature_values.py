"""The feature values that a prediction was made of, as the log keeps them: small, and exactly as they were.

One blob holds one row: a JSON list without names, compressed. Numbers come back as the same floats (JSON writes the
shortest text that reads back as the same), missing ones as None.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

import msgspec

_LEVEL = 1
"""6 would make a row a twentieth smaller, and take a quarter more time."""
_WINDOW_BITS, _MEMORY_LEVEL = 12, 5
"""A row is small. The tables of zlib's own choice, 268 kB, push the models out of the processor's caches."""
_encoder = msgspec.json.Encoder()


@runtime_checkable
class KeptByRow(Protocol):
    """Columns that are kept row by row: one row is at hand without the columns."""

    def row(self, place: int) -> list[Any]:
        """Its values, in the order of the columns."""


def row_of(columns: Mapping[str, Sequence[Any]], place: int) -> list[Any]:
    """The values of one row."""
    return columns.row(place) if isinstance(columns, KeptByRow) else [column[place] for column in columns.values()]


def pack(values: Sequence[Any]) -> bytes:
    """One row's values."""
    plain = values if _AS_THEY_ARE.issuperset(map(type, values)) else [_plain(value) for value in values]
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    return packing.compress(_encoder.encode(plain)) + packing.flush()


def unpack(blob: bytes) -> list[Any]:
    """What `pack` was given; a moment as ISO text, and no number (NaN) as None."""
    values: list[Any] = json.loads(zlib.decompress(blob))
    return values


def list_id(names: Sequence[str]) -> str:
    """What a list of names is called: the same names in the same order always the same."""
    return _list_id(tuple(names))


@lru_cache(64)
def _list_id(names: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:32]


_AS_THEY_ARE = frozenset((str, bool, int, float, type(None)))
"""JSON has no number for NaN and the infinities: they are written as null."""


def _plain(value: Any) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if hasattr(value, "tolist"):  # a number or an array of NumPy's; a float32 as the double of the same value
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value)
