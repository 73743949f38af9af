"""The chance of a purchase in each bin of the coming year, given none before it: a discrete-time hazard.

Singer, Willett (1993). The log-odds are those of a formula, and what a booster adds to them by the customer's
features and the days that have passed. Beyond the longest time that its training saw, the correction of the last
bins goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from scipy.special import expit, logit

from models.arrays import Float32Array, Float64Array
from models.booster_margins import booster_margins
from models.value.outlook_bins import EDGES

FILE = "hazard.ubj"
_CLIP = 1e-5
_PIECE = 5_000


@dataclass(frozen=True)
class Hazard:
    """`columns` are those of the model's matrix that the booster reads, the bin's end after them.

    `pace` multiplies the cumulative hazard: what earlier windows say of the level (1: nothing).
    """

    booster: xgb.Booster
    columns: tuple[int, ...]
    pace: float = 1.0

    def survival(self, matrix: Float32Array, formula: Float64Array) -> Float64Array:
        """P(no purchase by the end of each bin), shape (customers, bins), from the formula's."""
        pieces = [
            self._piece(matrix[start : start + _PIECE], formula[start : start + _PIECE])
            for start in range(0, len(matrix), _PIECE)
        ]
        return np.concatenate(pieces) if pieces else np.empty(formula.shape)

    def _piece(self, matrix: Float32Array, formula: Float64Array) -> Float64Array:
        rows, bins = np.divmod(np.arange(formula.size), formula.shape[1])
        odds = booster_margins(self.booster, self.inputs(matrix, rows, bins), log_odds(formula).ravel())
        hazards = expit(odds).reshape(formula.shape)
        return np.asarray(np.exp(self.pace * np.cumsum(np.log1p(-np.clip(hazards, 0, 1 - _CLIP)), axis=1)))

    def inputs(self, matrix: Float32Array, rows: Any, bins: Any) -> Float32Array:
        """What the booster reads of these rows in these bins."""
        return hazard_inputs(matrix, self.columns, rows, bins)

    def write(self, directory: Path) -> dict[str, Any]:
        """The booster as a file; the rest for JSON."""
        self.booster.save_model(directory / FILE)
        return {"columns": list(self.columns), "pace": self.pace}

    @classmethod
    def read(cls, directory: Path, content: Mapping[str, Any]) -> Hazard:
        """The inverse of `write`."""
        booster = xgb.Booster(model_file=directory / FILE)
        booster.set_param({"nthread": 1})
        return cls(booster, tuple(content["columns"]), float(content["pace"]))


def hazard_inputs(matrix: Float32Array, columns: Sequence[int], rows: Any, bins: Any) -> Float32Array:
    """The columns of these rows, and the end of their bins."""
    return np.column_stack([matrix[rows][:, list(columns)], EDGES[bins].astype(np.float32)])


def log_odds(survival: Float64Array) -> Float64Array:
    """The log-odds of a purchase in each bin, given none before, from the chances of none by its end."""
    before = np.concatenate([np.ones((len(survival), 1)), survival[:, :-1]], axis=1)
    return np.asarray(logit(np.clip(1 - survival / np.maximum(before, 1e-300), _CLIP, 1 - _CLIP)))
