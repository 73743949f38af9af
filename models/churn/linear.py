"""Logistic regression as data: signed logarithms, missing values at the median, standardised, then weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from models.arrays import Float32Array, Float64Array, Int64Array

_ARRAYS = ("medians", "means", "scales", "weights")


@dataclass(frozen=True)
class Linear:
    """Margin = intercept + sum of weight * (g(x) - mean) / scale, where g(x) = sign(x) log(1 + |x|)."""

    medians: Float64Array
    means: Float64Array
    scales: Float64Array
    weights: Float64Array
    intercept: float

    @classmethod
    def fit(cls, matrix: Float32Array, churned: Int64Array, strength: float) -> Linear:
        """Fit with an L2 penalty; `strength` is its inverse weight (scikit-learn's C)."""
        with np.errstate(all="ignore"):
            medians = np.nan_to_num(np.nanmedian(matrix, axis=0)).astype(float)
        bent = _bend(np.where(np.isnan(matrix), medians, matrix))
        means, scales = bent.mean(axis=0), bent.std(axis=0)
        scales = np.where(scales > 1e-9, scales, 1.0)
        fitted = LogisticRegression(C=strength, max_iter=500).fit((bent - means) / scales, churned)
        return cls(medians, means, scales, fitted.coef_[0], float(fitted.intercept_[0]))

    def contributions(self, matrix: Float32Array) -> Float64Array:
        """What each feature adds to the log-odds against its mean, shape (rows, features)."""
        bent = _bend(np.where(np.isnan(matrix), self.medians, matrix))
        return np.asarray((bent - self.means) / self.scales * self.weights)

    def margins(self, matrix: Float32Array) -> Float64Array:
        """Log-odds, shape (rows,)."""
        return np.asarray(self.contributions(matrix).sum(axis=1) + self.intercept)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        arrays = {name: getattr(self, name).tolist() for name in _ARRAYS}
        return arrays | {"intercept": self.intercept}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Linear:
        """The inverse of `as_dict`."""
        medians, means, scales, weights = (np.array(content[name], dtype=float) for name in _ARRAYS)
        return cls(medians, means, scales, weights, float(content["intercept"]))


def _bend(values: NDArray[Any]) -> Float64Array:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), dtype=float)
