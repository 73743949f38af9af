"""Fitted learners of effects, as data: a linear one, and sums of boosters.

What a learner gives is the effect of each offer against no contact, shape (rows, offers).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from scipy.special import expit

from models.arrays import Float32Array, Float64Array


class EffectLearner(ABC):
    """Effects of offers from a matrix of features."""

    @abstractmethod
    def effects(self, matrix: Float32Array) -> Float64Array:
        """Shape (rows, offers)."""

    @abstractmethod
    def write(self, directory: Path, name: str) -> dict[str, Any]:
        """Write its files, called after it, and return the rest of it for JSON."""

    @staticmethod
    def read(directory: Path, content: dict[str, Any]) -> EffectLearner:
        """The inverse of `write`."""
        if "boosters" in content:
            return BoostedEffects.of(directory, content)
        return ArmEffects.of(content) if "worth" in content else LinearEffects.of(content)


@dataclass(frozen=True)
class ColumnScale:
    """Features as a linear learner takes them: signed logarithms, missing values at the median, standardised."""

    medians: Float64Array
    means: Float64Array
    scales: Float64Array

    @classmethod
    def fit(cls, matrix: Float32Array) -> ColumnScale:
        """Medians, means and standard deviations of the columns."""
        known = np.where(np.isnan(matrix).all(axis=0), 0.0, matrix)
        medians = np.nan_to_num(np.nanmedian(known, axis=0)).astype(float)
        bent = _bend(np.where(np.isnan(matrix), medians, matrix))
        spread = bent.std(axis=0)
        return cls(medians, bent.mean(axis=0), np.where(spread > 1e-9, spread, 1.0))

    def apply(self, matrix: Float32Array) -> Float64Array:
        """The same columns, standardised and within four deviations."""
        bent = _bend(np.where(np.isnan(matrix), self.medians, matrix))
        return np.asarray(np.clip((bent - self.means) / self.scales, -4.0, 4.0))

    def as_dict(self) -> dict[str, list[float]]:
        """For JSON."""
        return {name: getattr(self, name).tolist() for name in ("medians", "means", "scales")}


@dataclass(frozen=True)
class LinearEffects(EffectLearner):
    """Weights per feature and offer, shape (features, offers), and what each offer does at the mean."""

    scale: ColumnScale
    weights: Float64Array
    intercepts: Float64Array

    def effects(self, matrix: Float32Array) -> Float64Array:
        """A dot product."""
        return np.asarray(self.scale.apply(matrix) @ self.weights + self.intercepts)

    def write(self, directory: Path, name: str) -> dict[str, Any]:
        """All of it is JSON."""
        return {
            "scale": self.scale.as_dict(),
            "weights": self.weights.tolist(),
            "intercepts": self.intercepts.tolist(),
        }

    @classmethod
    def of(cls, content: dict[str, Any]) -> LinearEffects:
        """From JSON."""
        scale = ColumnScale(**{name: np.array(values, dtype=float) for name, values in content["scale"].items()})
        intercepts = np.array(content["intercepts"], dtype=float)
        return cls(scale, np.array(content["weights"], dtype=float).reshape(-1, len(intercepts)), intercepts)


@dataclass(frozen=True)
class ArmEffects(EffectLearner):
    """What each arm brings by weights of its own, shape (features, arms), less what no contact brings.

    `worth` is that of a purchase whose chance the weights tell as log-odds; None: they tell the outcome itself.
    """

    scale: ColumnScale
    weights: Float64Array
    intercepts: Float64Array
    worth: float | None

    def effects(self, matrix: Float32Array) -> Float64Array:
        """Differences to the first arm."""
        told = self.scale.apply(matrix) @ self.weights + self.intercepts
        brings = told if self.worth is None else self.worth * expit(told)
        return np.asarray(brings[:, 1:] - brings[:, [0]])

    def write(self, directory: Path, name: str) -> dict[str, Any]:
        """All of it is JSON."""
        weights = {"weights": self.weights.tolist(), "intercepts": self.intercepts.tolist()}
        return {"scale": self.scale.as_dict(), **weights, "worth": self.worth}

    @classmethod
    def of(cls, content: dict[str, Any]) -> ArmEffects:
        """From JSON."""
        plain = LinearEffects.of(content)
        return cls(plain.scale, plain.weights, plain.intercepts, content["worth"])


@dataclass(frozen=True)
class BoostedEffects(EffectLearner):
    """Boosters, mixed: each output is one booster's answer, and `mixing` (outputs x offers) makes effects of them.

    With `told_arm` the one booster knows the arm as one more feature, and there is an output for each arm.
    """

    boosters: tuple[xgb.Booster, ...]
    mixing: Float64Array
    told_arm: bool = False

    def effects(self, matrix: Float32Array) -> Float64Array:
        """The mixed outputs."""
        return np.asarray(self.outputs(matrix) @ self.mixing)

    def outputs(self, matrix: Float32Array) -> Float64Array:
        """What the boosters say, shape (rows, outputs)."""
        if self.told_arm:
            asked = [with_arm(matrix, np.full(len(matrix), arm)) for arm in range(len(self.mixing))]
            return np.column_stack([self.boosters[0].inplace_predict(each) for each in asked]).astype(float)
        return np.column_stack([booster.inplace_predict(matrix) for booster in self.boosters]).astype(float)

    def write(self, directory: Path, name: str) -> dict[str, Any]:
        """A file per booster."""
        files = [f"{name}-{number}.ubj" for number in range(len(self.boosters))]
        for file, booster in zip(files, self.boosters, strict=True):
            booster.save_model(directory / file)
        return {"boosters": files, "mixing": self.mixing.tolist(), "told_arm": self.told_arm}

    @classmethod
    def of(cls, directory: Path, content: dict[str, Any]) -> BoostedEffects:
        """From its files."""
        boosters = tuple(xgb.Booster(model_file=directory / file) for file in content["boosters"])
        return cls(boosters, np.array(content["mixing"], dtype=float), bool(content["told_arm"]))


def with_arm(matrix: Float32Array, arm: Sequence[int] | np.ndarray) -> Float32Array:
    """The features with the arm beside them."""
    return np.column_stack([matrix, np.asarray(arm, dtype=np.float32)]).astype(np.float32)


def _bend(values: np.ndarray) -> Float64Array:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), dtype=float)
