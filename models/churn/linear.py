"""Logistic regression as data: a dot product over bent, standardised features, with a flag where one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from models.arrays import Float32Array, Float64Array, Int64Array

LIMIT = 5.0
"""Standard deviations beyond which a value counts as if it were there: one absurd customer bends no weight."""
FLAGGED = (0.005, 0.995)
"""A feature that is missing for a share of customers between these has a flag of its own."""
_NO_COLUMNS: Int64Array = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class LinearDesign:
    """How rows become columns of a regression: (g(x) - mean) / scale within +-LIMIT, g(x) = sign(x) log(1 + |x|).

    A missing value is the median. `flagged` are the features with a column that is 1 where they are missing, less the
    share of customers for whom they are (`missing`).
    """

    medians: Float64Array
    means: Float64Array
    scales: Float64Array
    flagged: Int64Array = field(default_factory=_NO_COLUMNS.copy)
    missing: Float64Array = field(default_factory=lambda: np.empty(0))
    limit: float = LIMIT

    @classmethod
    def of(cls, matrix: Float32Array) -> LinearDesign:
        """The design of these rows, shape (rows, features)."""
        gone = np.isnan(matrix)
        with np.errstate(all="ignore"):
            medians = np.nan_to_num(np.nanmedian(np.where(gone.all(axis=0), 0, matrix), axis=0)).astype(float)
        bent = _bend(np.where(gone, medians, matrix))
        means, scales = bent.mean(axis=0), bent.std(axis=0)
        shares = gone.mean(axis=0)
        flagged = np.flatnonzero((shares > FLAGGED[0]) & (shares < FLAGGED[1]))
        return cls(medians, means, np.where(scales > 1e-9, scales, 1.0), flagged, shares[flagged])

    def values(self, matrix: Float32Array) -> Float64Array:
        """Shape (rows, features)."""
        bent = _bend(np.where(np.isnan(matrix), self.medians, matrix))
        return np.asarray(np.clip((bent - self.means) / self.scales, -self.limit, self.limit))

    def flags(self, matrix: Float32Array) -> Float64Array:
        """Shape (rows, flagged features)."""
        return np.isnan(matrix[:, self.flagged]).astype(float) - self.missing

    def columns(self, matrix: Float32Array) -> Float64Array:
        """Both side by side: what a regression is fitted on."""
        return np.hstack([self.values(matrix), self.flags(matrix)])


@dataclass(frozen=True)
class Linear:
    """Margin = intercept + the design's columns times their weights."""

    design: LinearDesign
    weights: Float64Array
    flag_weights: Float64Array
    intercept: float

    @classmethod
    def fit(
        cls, matrix: Float32Array, churned: Int64Array, strength: float, weights: Float64Array | None = None
    ) -> Linear:
        """Fit with an L2 penalty; `strength` is its inverse weight (scikit-learn's C), `weights` those of the rows."""
        design = LinearDesign.of(matrix)
        fitted = LogisticRegression(C=strength, max_iter=1000, tol=1e-6).fit(design.columns(matrix), churned, weights)
        return cls.of(design, fitted.coef_[0], float(fitted.intercept_[0]))

    @classmethod
    def of(cls, design: LinearDesign, weights: Float64Array, intercept: float) -> Linear:
        """Of weights in the order of the design's columns."""
        count = len(design.means)
        return cls(design, weights[:count], weights[count:], intercept)

    def contributions(self, matrix: Float32Array) -> Float64Array:
        """What each feature adds to the log-odds against its mean, shape (rows, features); its flag is part of it."""
        effects = self.design.values(matrix) * self.weights
        effects[:, self.design.flagged] += self.design.flags(matrix) * self.flag_weights
        return np.asarray(effects)

    def margins(self, matrix: Float32Array) -> Float64Array:
        """Log-odds, shape (rows,)."""
        told = self.design.values(matrix) @ self.weights + self.design.flags(matrix) @ self.flag_weights
        return np.asarray(told + self.intercept)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        design = {name: getattr(self.design, name).tolist() for name in ("medians", "means", "scales", "missing")}
        weights = {"weights": self.weights.tolist(), "flag_weights": self.flag_weights.tolist()}
        more = {
            "flagged": self.design.flagged.tolist(),
            "limit": None if np.isinf(self.design.limit) else self.design.limit,
            "intercept": self.intercept,
        }
        return design | weights | more

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Linear:
        """The inverse of `as_dict`; what an earlier release saved has no flags and no limit."""
        medians, means, scales, weights = (
            np.array(content[name], dtype=float) for name in ("medians", "means", "scales", "weights")
        )
        missing, flag_weights = (np.array(content.get(name, []), dtype=float) for name in ("missing", "flag_weights"))
        flagged = np.array(content.get("flagged", []), dtype=np.int64)
        design = LinearDesign(medians, means, scales, flagged, missing, float(content.get("limit") or np.inf))
        return cls(design, weights, flag_weights, float(content["intercept"]))


def _bend(values: NDArray[Any]) -> Float64Array:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), dtype=float)
