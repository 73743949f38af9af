"""The columns that effects are looked for in: numbers of the feature store, and names as yes or no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from feature_repo.feature_definition import Feature
from feature_repo.short_list import NAMES, NUMBERS
from models.arrays import Float32Array

Columns = Mapping[str, Sequence[Any]] | pd.DataFrame
MOST_NAMES = 8
LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Design:
    """The numbers, and the names that enough customers have, each a column."""

    numbers: tuple[str, ...]
    named: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, features: Sequence[Feature], frame: pd.DataFrame) -> Design:
        """What tells the customers of a frame apart: numbers that differ, names that one in a hundred has."""
        known = {feature.name for feature in features}
        numbers = tuple(name for name in NUMBERS if name in known and frame[name].nunique(dropna=False) > 1)
        return cls(numbers, tuple((kind, name) for kind in NAMES for name in _common(kind, frame)))

    @property
    def inputs(self) -> list[str]:
        """The features it reads, in order."""
        kinds = dict.fromkeys(kind for kind, _ in self.named)
        return [*self.numbers, *(name for kind in kinds for name in NAMES[kind])]

    def matrix(self, columns: Columns) -> Float32Array:
        """Shape (rows, columns); what is not there is missing, infinity too, and nobody has a name that is not told."""
        given = [name for name in self.inputs if name in columns]
        rows = len(columns[given[0]]) if given else len(columns)
        found = [self._number(columns, name, rows) for name in self.numbers]
        found += [self._has(columns, kind, name, rows) for kind, name in self.named]
        if not found:
            return np.zeros((rows, 1), dtype=np.float32)
        with np.errstate(over="ignore"):
            matrix = np.column_stack(found).astype(np.float32)
        matrix[np.isinf(matrix)] = np.nan
        return matrix

    def _number(self, columns: Columns, name: str, rows: int) -> np.ndarray:
        if name not in columns:
            return np.full(rows, np.nan)
        return np.asarray(pd.to_numeric(pd.Series(list(columns[name])), errors="coerce"), dtype=float)

    def _has(self, columns: Columns, kind: str, name: str, rows: int) -> np.ndarray:
        told = [np.asarray(list(columns[each]), dtype=object) for each in NAMES[kind] if each in columns]
        return np.any([each == name for each in told], axis=0).astype(float) if told else np.zeros(rows)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"numbers": list(self.numbers), "named": [list(pair) for pair in self.named]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Design:
        """The inverse of `as_dict`."""
        return cls(tuple(content["numbers"]), tuple((kind, name) for kind, name in content["named"]))


def _common(kind: str, frame: pd.DataFrame) -> list[str]:
    told = pd.concat([frame[name] for name in NAMES[kind] if name in frame]) if len(frame) else pd.Series(dtype=object)
    counts = told.dropna().astype(str).value_counts().to_dict()
    least, most = LEAST_SHARE * len(frame), (1 - LEAST_SHARE) * len(frame)
    common = [(int(count), str(name)) for name, count in counts.items() if least <= count <= most]
    return [name for _, name in sorted(common, key=lambda each: (-each[0], each[1]))[:MOST_NAMES]]
