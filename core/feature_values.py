"""The feature values that a prediction was made of, as the log keeps them: exactly as they were.

What was read from the online store is kept as it lay there (`core.packed_rows`), compressed by what costs a request
hardly anything: LZ4 takes a fifteenth of the time of JSON and zlib for twice their bytes. Values that were at hand as
columns are a JSON list, compressed by zlib. In both ways numbers come back as the same floats. What each value is
called, and how a row is to be read, is said once for all rows of a kind: their list, a text.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
import pyarrow as pa

from core.packed_rows import Layout

_LEVEL: Final = 1
"""6 would make a row a twentieth smaller, and take a quarter more time."""
_WINDOW_BITS, _MEMORY_LEVEL = 12, 5
"""A row is small. The tables of zlib's own choice, 268 kB, push the models out of the processor's caches."""
_LENGTH: Final = struct.Struct("<I")
_NOT_THERE: Final = 2**32 - 1
_encoder = msgspec.json.Encoder()
_lz4 = pa.Codec("lz4_raw")


class StoredRows:
    """What columns are that lie as the online store has them: for each id its row of each layout, or None."""

    layouts: tuple[Layout, ...]
    rows: Sequence[tuple[bytes | None, ...]]


Columns = Mapping[str, Sequence[Any]]


def list_of(columns: Columns) -> str:
    """What the columns' values are called, in their order, and how their rows are packed: JSON."""
    if isinstance(columns, StoredRows):
        return _list_of(columns.layouts)
    return json.dumps(list(columns))


@lru_cache(64)
def _list_of(layouts: tuple[Layout, ...]) -> str:
    return json.dumps({"rows": [layout.columns for layout in layouts]})


@lru_cache(64)
def list_id(told: str) -> str:
    """What a list is called: the same list always the same."""
    return hashlib.sha256(told.encode()).hexdigest()[:32]


@lru_cache(64)
def names(told: str) -> tuple[str, ...]:
    """The names in a list."""
    content = json.loads(told)
    if isinstance(content, list):
        return tuple(content)
    return tuple(name for layout in _layouts(told) for name in layout.names)


def pack(columns: Columns, place: int) -> bytes:
    """The values of one row of the columns."""
    if isinstance(columns, StoredRows):
        return _as_stored(columns.layouts, columns.rows[place])
    values = [column[place] for column in columns.values()]
    plain = values if _AS_THEY_ARE.issuperset(map(type, values)) else [_plain(value) for value in values]
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    return packing.compress(_encoder.encode(plain)) + packing.flush()


def unpack(told: str, blob: bytes) -> dict[str, Any]:
    """Name -> value of a row of this list; a moment is ISO text, and no number (NaN, infinite) is None."""
    layouts = _layouts(told)
    values = _stored(layouts, blob) if layouts else json.loads(zlib.decompress(blob))
    return dict(zip(names(told), values, strict=True))


def _as_stored(layouts: Sequence[Layout], row: Sequence[bytes | None]) -> bytes:
    parts = []
    for layout, packed in zip(layouts, row, strict=True):
        if packed is None:
            parts.append(_LENGTH.pack(_NOT_THERE))
        else:
            bare = layout.without_orders(packed)
            parts += [_LENGTH.pack(len(bare)), bare]
    whole = b"".join(parts)
    return b"".join((_LENGTH.pack(len(whole)), _lz4.compress(whole, asbytes=True)))


def _stored(layouts: Sequence[Layout], blob: bytes) -> list[Any]:
    whole = _lz4.decompress(blob[_LENGTH.size :], decompressed_size=_LENGTH.unpack_from(blob)[0], asbytes=True)
    at, values = 0, []
    for layout in layouts:
        (size,) = _LENGTH.unpack_from(whole, at)
        at += _LENGTH.size
        if size == _NOT_THERE:
            values += [None] * len(layout.columns)
        else:
            values += map(_a_number_or_none, layout.cells(whole[at : at + size]))
            at += size
    return values


@lru_cache(64)
def _layouts(told: str) -> tuple[Layout, ...]:
    """How rows of the list are packed; nothing where they are JSON lists."""
    content = json.loads(told)
    rows = content["rows"] if isinstance(content, dict) else []
    return tuple(Layout(tuple((name, kind) for name, kind in columns)) for columns in rows)


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


def _a_number_or_none(value: Any) -> Any:
    """As JSON would have it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_a_number_or_none(each) for each in value]
    return str(value) if isinstance(value, bytes) else value
