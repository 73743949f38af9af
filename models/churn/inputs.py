"""The inputs of a model: which features, in which order, and the code book of those that are text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feature_repo.feature_definition import Feature
from feature_repo.packed.feature_rows import FeatureRows
from models.arrays import Float32Array

Columns = Mapping[str, Sequence[Any]] | pd.DataFrame
Values = Sequence[Any] | NDArray[Any]


@dataclass(frozen=True)
class Inputs:
    """Turns columns by name (None, NaN: missing) into a float32 matrix, and says what each column means."""

    features: tuple[Feature, ...]
    codes: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, features: Sequence[Feature], frame: pd.DataFrame) -> Inputs:
        """The features that say anything in `frame`: more than one value, missing included."""
        telling = [feature for feature in features if frame[feature.name].nunique(dropna=False) > 1]
        texts = [feature.name for feature in telling if feature.dtype == "text"]
        books = {name: sorted(frame[name].dropna().unique()) for name in texts}
        return cls(tuple(telling), {name: {v: i for i, v in enumerate(book)} for name, book in books.items()})

    @cached_property
    def names(self) -> list[str]:
        """The features' names, in the order of the matrix."""
        return [feature.name for feature in self.features]

    def matrix(self, columns: Columns) -> Float32Array:
        """Shape (rows, features). A column that is not there, an unknown text and infinity are missing (NaN)."""
        if isinstance(columns, FeatureRows):
            return self._of_rows(columns)
        rows = len(next((columns[name] for name in self.names if name in columns), ()))
        if isinstance(columns, pd.DataFrame):
            matrix = self._column_by_column(columns, rows)
        else:  # of few customers, whom somebody waits for: one conversion of all values
            nothing = [None] * rows
            told = [self._numbers(name, columns[name]) if name in columns else nothing for name in self.names]
            with np.errstate(over="ignore"):
                matrix = np.asarray(told, dtype=float).reshape(len(told), rows).astype(np.float32)
        matrix[np.isinf(matrix)] = np.nan  # no number to a linear member; nobody has one that large
        return np.ascontiguousarray(matrix.T)

    def _of_rows(self, rows: FeatureRows) -> Float32Array:
        """Straight from the bytes of the store, as nearly every request."""
        numbers = rows.numbers(self._key)
        for name in self.codes:
            if name in rows:
                numbers[:, self._key.index(name)] = np.array(self._numbers(name, rows[name]), dtype=float)
        with np.errstate(over="ignore"):
            matrix = numbers.astype(np.float32)
        matrix[np.isinf(matrix)] = np.nan
        return matrix

    @cached_property
    def _key(self) -> tuple[str, ...]:
        return tuple(self.names)

    def _column_by_column(self, frame: pd.DataFrame, rows: int) -> Float32Array:
        matrix = np.full((len(self.features), rows), np.nan, dtype=np.float32)
        for row, name in zip(matrix, self.names, strict=True):
            if name in frame:
                with np.errstate(over="ignore"):
                    row[:] = np.array(self._numbers(name, frame[name].to_numpy()), dtype=float)  # None becomes NaN
        return matrix

    def _numbers(self, name: str, values: Values) -> Values:
        if name not in self.codes:
            return values
        book = self.codes[name]
        return [book.get(value) for value in values]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"features": [asdict(feature) for feature in self.features], "codes": self.codes}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Inputs:
        """The inverse of `as_dict`."""
        return cls(tuple(_feature(**each) for each in content["features"]), content["codes"])


def _feature(codes: Sequence[Sequence[Any]] = (), **rest: Any) -> Feature:
    return Feature(**rest, codes=tuple((int(code), str(name)) for code, name in codes))
