"""What two engines have to agree on: rows, their order, and values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa


def assert_same(here: pa.Table, there: pa.Table) -> None:
    """The same rows in the same order; numbers to 1e-9, in lists as well."""
    assert here.column_names == there.column_names
    for name in here.column_names:
        for one, other in zip(here[name].to_pylist(), there[name].to_pylist(), strict=True):
            np.testing.assert_equal(_shape(one), _shape(other), err_msg=name)
            np.testing.assert_allclose(_numbers(one), _numbers(other), rtol=1e-9, atol=1e-9, err_msg=name)


def _shape(value: Any) -> Any:
    """A value without its numbers."""
    if isinstance(value, list):
        return [_shape(each) for each in value]
    return "a number" if isinstance(value, int | float) and not isinstance(value, bool) else value


def _numbers(value: Any) -> list[float]:
    if isinstance(value, list):
        return [number for each in value for number in _numbers(each)]
    return [float(value)] if isinstance(value, int | float) else []
