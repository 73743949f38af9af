"""Ids as columns of text, made of numbers without a loop."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.arrays import Int64Array


def width_of(count: int) -> int:
    """Digits that the numbers 1 to `count` need."""
    return len(str(max(count, 1)))


def numbered(prefix: str, numbers: Int64Array, width: int) -> pa.StringArray:
    """Each number as the prefix and `width` digits: 7 is o0007."""
    return _texts(_digits(prefix, numbers, width))


def numbered_twice(prefix: str, numbers: Int64Array, width: int, seconds: Int64Array, second: int) -> pa.StringArray:
    """Two numbers each, with a hyphen between them: 7 and 2 are r0007-02."""
    return _texts(np.concatenate([_digits(prefix, numbers, width), _digits("-", seconds, second)], axis=1))


def _digits(prefix: str, numbers: Int64Array, width: int) -> NDArray[np.uint8]:
    start = len(prefix)
    letters = np.empty((len(numbers), start + width), dtype=np.uint8)
    letters[:, :start] = np.frombuffer(prefix.encode("ascii"), dtype=np.uint8)
    left = numbers.astype(np.uint32 if width < 10 else np.uint64)
    for place in range(start + width - 1, start - 1, -1):
        left, digit = np.divmod(left, 10)
        letters[:, place] = digit + 48
    return letters


def _texts(letters: NDArray[np.uint8]) -> pa.StringArray:
    count, length = letters.shape
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(length)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(letters)))
