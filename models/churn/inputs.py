"""The inputs of a model: which features, in which order, and the code book of those that are text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from feature_repo.feature_definition import Feature
from models.arrays import Float32Array, Float64Array

Columns = Mapping[str, Sequence[Any]] | pd.DataFrame


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

    @property
    def names(self) -> list[str]:
        """The features' names, in the order of the matrix."""
        return [feature.name for feature in self.features]

    def matrix(self, columns: Columns) -> Float32Array:
        """Shape (rows, features). A column that is not there, and an unknown text, are missing (NaN)."""
        first = next((columns[name] for name in self.names if name in columns), ())
        matrix = np.full((len(self.features), len(first)), np.nan, dtype=np.float32)
        for row, name in zip(matrix, self.names, strict=True):
            if name in columns:
                row[:] = self._numbers(name, list(columns[name]))
        return np.ascontiguousarray(matrix.T)

    def _numbers(self, name: str, values: Sequence[Any]) -> Float64Array:
        if name in self.codes:
            book = self.codes[name]
            values = [book.get(value) for value in values]
        return np.asarray(values, dtype=float)  # None becomes NaN

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"features": [asdict(feature) for feature in self.features], "codes": self.codes}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Inputs:
        """The inverse of `as_dict`."""
        return cls(tuple(_feature(**each) for each in content["features"]), content["codes"])


def _feature(codes: Sequence[Sequence[Any]] = (), **rest: Any) -> Feature:
    return Feature(**rest, codes=tuple((int(code), str(name)) for code, name in codes))
