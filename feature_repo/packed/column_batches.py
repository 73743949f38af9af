"""Whole columns into packed rows: how the online store is filled with many entities at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.packed_rows import HEAD_BYTES, WRITE, Layout

_TYPES: Final[dict[str, pa.DataType]] = {
    "float": pa.float64(),
    "int": pa.int64(),
    "text": pa.string(),
    "floats": pa.list_(pa.float64()),
    "ints": pa.list_(pa.int64()),
    "texts": pa.list_(pa.string()),
}


def pack_batch(layout: Layout, batch: pa.RecordBatch, timestamp: int) -> list[bytes]:
    """The rows of a batch that has the layout's columns, in their order; a NaN is missing, as in Feast.

    Raises:
        KeyError: a column is not there.
        ArrowInvalid: a column is of another type.
    """
    count = batch.num_rows
    columns = [batch.column(name).cast(_TYPES[kind]) for name, kind in layout.columns]
    missing = [_missing(column, kind) for column, (_, kind) in zip(columns, layout.columns, strict=True)]
    bitmap = np.zeros((count, 8 * layout.bitmap_bytes), np.uint8)
    bitmap[:, : len(columns)] = np.column_stack(missing)
    numbers = np.zeros((count, len(layout.number_places)), "<f8")
    for slot, place in enumerate(layout.number_places):
        numbers[:, slot] = _bits(columns[place], layout.columns[place][1])
    numbers[np.column_stack([missing[place] for place in layout.number_places] or [bitmap[:, :0].astype(bool)])] = 0
    head = np.zeros((count, HEAD_BYTES), np.uint8)
    head[:, :8] = np.frombuffer(layout.fingerprint, np.uint8)
    head[:, 16:24] = np.frombuffer(timestamp.to_bytes(8, "little", signed=True), np.uint8)
    fixed = np.hstack([head, np.packbits(bitmap, axis=1, bitorder="little"), numbers.view(np.uint8)])
    width, content = fixed.shape[1], fixed.tobytes()
    rows = [content[at : at + width] for at in range(0, count * width, width)]
    for place in layout.other_places:
        parts = _parts(columns[place], layout.columns[place][1])
        rows = [row if part is None else row + part for row, part in zip(rows, parts, strict=True)]
    return rows


def _missing(column: pa.Array, kind: str) -> NDArray[np.bool_]:
    empty = pc.is_null(column, nan_is_null=kind == "float")
    return np.asarray(empty.to_numpy(zero_copy_only=False), dtype=bool)


def _bits(column: pa.Array, kind: str) -> NDArray[np.float64]:
    """The numbers, those of whole ones in the bits of a float64."""
    if kind == "int":
        return np.ascontiguousarray(column.fill_null(0).to_numpy(zero_copy_only=False), "<i8").view("<f8")
    return np.asarray(column.to_numpy(zero_copy_only=False), "<f8")


def _parts(column: pa.Array, kind: str) -> Iterator[bytes | None]:
    """Length and content of each value; None where it is missing."""
    if kind in {"floats", "ints"} and not column.flatten().null_count:
        yield from _slices(column)
        return
    write = WRITE[kind]
    for value in column.to_pylist():
        yield None if value is None else _with_length(write(_without_nulls(value, kind)))


def _slices(column: pa.Array) -> Iterator[bytes | None]:
    """A list of numbers is a piece of the values of all."""
    items = np.ascontiguousarray(column.flatten().to_numpy(zero_copy_only=False)).tobytes()
    lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(lengths)]).tolist()
    there = column.is_valid().to_pylist()
    for is_there, (start, end) in zip(there, pairwise(ends), strict=True):
        yield _with_length(items[8 * start : 8 * end]) if is_there else None


def _with_length(content: bytes) -> bytes:
    return len(content).to_bytes(4, "little") + content


def _without_nulls(value: Any, kind: str) -> Any:
    """A null within a list of numbers is NaN."""
    return [np.nan if item is None else item for item in value] if kind == "floats" else value
