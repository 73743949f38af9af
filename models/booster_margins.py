"""Margins of a booster for rows of one request, by XGBoost's own C interface.

`Booster.inplace_predict` takes anything that looks like a table and spends more time on finding out what it was given
than 500 trees take for a row. A C-contiguous float32 matrix is told to the same function of the library in a line;
where the library has another interface than this one knows, `inplace_predict` does it.
"""

from __future__ import annotations

import ctypes
import json
from typing import Any, Final

import numpy as np
import xgboost as xgb

from models.arrays import Float32Array, Float64Array

_HOW: Final = json.dumps(
    {
        "type": 1,  # margins
        "training": False,
        "iteration_begin": 0,
        "iteration_end": 0,
        "missing": float("nan"),
        "strict_shape": False,
        "cache_id": 0,
    }
).encode()
_LIBRARY: Final[Any] = getattr(xgb.core, "_LIB", None)
_DIRECT: Final = all(
    hasattr(_LIBRARY, name)
    for name in (
        "XGBoosterPredictFromDense",
        "XGProxyDMatrixCreate",
        "XGDMatrixSetInfoFromInterface",
        "XGDMatrixFree",
        "XGBGetLastError",
    )
)

_KEEPING: Final[Any] = ctypes.PyDLL(_LIBRARY._name) if _DIRECT else None
"""The same library, called without giving Python's lock away: to get it back takes longer than a row where other
threads are busy."""
_FEW_ROWS: Final = 4


def booster_margins(booster: xgb.Booster, matrix: Float32Array, start: Float64Array | None = None) -> Float64Array:
    """The margin of each row, to the last digit that of `inplace_predict`; safe in several threads.

    Args:
        booster: a booster with one output.
        matrix: shape (rows, features), NaN where a value is missing.
        start: the margin that each row starts from in the place of the booster's own, shape (rows,).
    """
    if not _DIRECT or not len(matrix):
        told = booster.inplace_predict(matrix, predict_type="margin", base_margin=start, validate_features=False)
        return np.asarray(told, dtype=float)
    matrix = np.ascontiguousarray(matrix, dtype=np.float32)
    if start is None:
        return _predicted(booster, matrix, None)
    proxy = ctypes.c_void_p()
    _check(_LIBRARY.XGProxyDMatrixCreate(ctypes.byref(proxy)))
    try:
        begin = np.ascontiguousarray(start, dtype=np.float32)
        _check(_LIBRARY.XGDMatrixSetInfoFromInterface(proxy, b"base_margin", _interface(begin)))
        return _predicted(booster, matrix, proxy)
    finally:
        _LIBRARY.XGDMatrixFree(proxy)


def _predicted(booster: xgb.Booster, matrix: Float32Array, proxy: ctypes.c_void_p | None) -> Float64Array:
    shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
    told = ctypes.POINTER(ctypes.c_float)()
    library = _KEEPING if len(matrix) <= _FEW_ROWS else _LIBRARY
    _check(
        library.XGBoosterPredictFromDense(
            booster.handle,
            _interface(matrix),
            _HOW,
            proxy,
            ctypes.byref(shape),
            ctypes.byref(dimensions),
            ctypes.byref(told),
        )
    )
    return np.ctypeslib.as_array(told, (len(matrix),)).astype(
        float
    )  # a copy: the library's memory is this thread's next answer's


def _interface(array: Float32Array) -> bytes:
    """The array as https://numpy.org/doc/stable/reference/arrays.interface.html describes it."""
    address, shape = array.ctypes.data, ",".join(map(str, array.shape))
    return f'{{"data":[{address},true],"shape":[{shape}],"typestr":"<f4","version":3}}'.encode()


def _check(code: int) -> None:
    if code != 0:
        raise xgb.core.XGBoostError(_LIBRARY.XGBGetLastError().decode())
