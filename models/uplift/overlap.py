"""Which offers were tried on customers like this one: of others a model knows nothing, and may not advise them.

Small trees tell how likely each arm was for a customer; where an offer was likely by less than a floor's share of what
it was for all, nobody like them got it (positivity fails), and its effect would be an extrapolation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from models.arrays import BoolArray, Float32Array, Float64Array, Int64Array

FLOOR = 0.1
"""A chance below this share of the offer's own counts as never tried."""
MOST_ROWS = 20_000
ROUNDS = 40
FILE = "overlap.ubj"


@dataclass(frozen=True)
class Overlap:
    """The chance of each arm by features, and the share of contacts that each arm has."""

    booster: xgb.Booster
    shares: Float64Array

    def tried(self, matrix: Float32Array) -> BoolArray:
        """Whether each offer was tried on customers like these, shape (rows, offers)."""
        if not len(matrix):
            return np.ones((0, len(self.shares) - 1), dtype=bool)
        chances = np.asarray(self.booster.inplace_predict(matrix, validate_features=False), dtype=float)
        return np.asarray(chances.reshape(len(matrix), -1)[:, 1:] >= FLOOR * self.shares[1:])

    def write(self, directory: Path) -> dict[str, Any]:
        """Write its file, and return the rest of it for JSON."""
        self.booster.save_model(directory / FILE)
        return {"shares": self.shares.tolist()}

    @classmethod
    def read(cls, directory: Path, content: Mapping[str, Any]) -> Overlap:
        """The inverse of `write`."""
        booster = xgb.Booster(model_file=directory / FILE)
        booster.set_param({"nthread": 1})
        return cls(booster, np.array(content["shares"], dtype=float))


def fit(matrix: Float32Array, arm: Int64Array, arms: int, *, seed: int, threads: int) -> Overlap:
    """From who got what; of more than MOST_ROWS contacts a seeded sample."""
    shares = np.bincount(arm, minlength=arms) / len(arm)
    if len(arm) > MOST_ROWS:
        chosen = np.random.default_rng(seed).choice(len(arm), MOST_ROWS, replace=False)
        matrix, arm = matrix[chosen], arm[chosen]
    given = {
        "objective": "multi:softprob",
        "num_class": arms,
        "max_depth": 3,
        "eta": 0.3,
        "lambda": 1.0,
        "min_child_weight": max(len(arm) / 200 * (1 - 1 / arms) / arms, 1.0),
        "tree_method": "hist",
        "max_bin": 64,
        "seed": seed,
        "nthread": threads,
    }
    return Overlap(xgb.train(given, xgb.DMatrix(matrix, arm, nthread=threads), ROUNDS), shares)
