"""The feature values that a prediction was made of, as the log keeps them: small, and exactly as they were.

One blob holds one row: a JSON list without names, compressed. Numbers come back as the same floats (JSON writes the
shortest text that reads back as the same), missing ones as None.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

_LEVEL = 6


def pack(values: Sequence[Any]) -> bytes:
    """One row's values."""
    return zlib.compress(json.dumps([_plain(value) for value in values], separators=(",", ":")).encode(), _LEVEL)


def unpack(blob: bytes) -> list[Any]:
    """What `pack` was given; a moment as ISO text, and no number (NaN) as None."""
    values: list[Any] = json.loads(zlib.decompress(blob))
    return values


def list_id(names: Sequence[str]) -> str:
    """What a list of names is called: the same names in the same order always the same."""
    return hashlib.sha256(json.dumps(list(names)).encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if hasattr(value, "tolist"):  # a number or an array of NumPy's; a float32 as the double of the same value
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value)
