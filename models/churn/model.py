"""The churn model: the mean of some boosters that differ by their seed only, and a calibration."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import xgboost as xgb

from models import artifact, booster_gains
from models.arrays import Float32Array, Float64Array
from models.booster_margins import booster_margins
from models.churn.calibration import Calibration
from models.churn.scorer import About, Scorer

BLEND = "calibration.json"


class BoostedModel(Scorer):
    """log-odds = calibrated mean of the boosters' margins."""

    name: ClassVar[str] = "boosted"

    def __init__(self, about: About, boosters: list[xgb.Booster], calibration: Calibration) -> None:
        super().__init__(about)
        self.boosters = boosters
        self.calibration = calibration
        for booster in boosters:
            booster.set_param({"nthread": 1})  # for few rows, more threads are slower

    def margins(self, matrix: Float32Array) -> Float64Array:
        """Log-odds of leaving, shape (rows,)."""
        return self.calibration.margins(mean_margins(self.boosters, matrix))

    def contributions(self, matrix: Float32Array) -> Float64Array:
        """Exact SHAP values on the scale of log-odds (Lundberg et al. 2020), shape (rows, features)."""
        rows = xgb.DMatrix(matrix, nthread=1)
        values = [booster.predict(rows, pred_contribs=True, validate_features=False) for booster in self.boosters]
        return np.asarray(self.calibration.slope * np.mean(values, axis=0, dtype=float)[:, :-1])

    @cached_property
    def base(self) -> float:
        """The calibrated mean of the boosters' expected margins."""
        row = xgb.DMatrix(np.zeros((1, len(self.about.inputs.names)), dtype=np.float32), nthread=1)
        biases = [booster.predict(row, pred_contribs=True, validate_features=False)[0, -1] for booster in self.boosters]
        return float(self.calibration.margins(np.mean(biases, dtype=float, keepdims=True))[0])

    def importance(self) -> dict[str, float]:
        """Each feature's share of the total gain of all splits, the largest first."""
        return booster_gains.shares(self.boosters, self.about.inputs.names)

    def write(self, directory: Path) -> None:
        """UBJ per booster, and the calibration."""
        for number, booster in enumerate(self.boosters):
            booster.save_model(directory / f"booster-{number}.ubj")
        artifact.write_json(directory / BLEND, self.calibration.as_dict())

    @classmethod
    def read(cls, directory: Path, about: About) -> BoostedModel:
        """The inverse of `write`."""
        files = sorted(directory.glob("booster-*.ubj"), key=lambda path: int(path.stem.rpartition("-")[2]))
        calibration = Calibration.from_dict(artifact.read_json(directory / BLEND))
        return cls(about, [xgb.Booster(model_file=file) for file in files], calibration)


def mean_margins(boosters: list[xgb.Booster], matrix: Float32Array) -> Float64Array:
    """Uncalibrated log-odds: the mean over the boosters, summed in double precision."""
    if not len(matrix):
        return np.empty(0)
    return np.asarray(np.mean([booster_margins(booster, matrix) for booster in boosters], axis=0))
