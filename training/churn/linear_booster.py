"""XGBoost's linear booster as a logistic regression with an L1 penalty: few features, the rest exactly 0."""

from __future__ import annotations

import json

import numpy as np
import xgboost as xgb

from models.arrays import Float32Array, Float64Array, Int64Array
from models.churn.linear import Linear, LinearDesign

_PARAMETERS = {
    "booster": "gblinear",
    "objective": "binary:logistic",
    "updater": "coord_descent",
    "feature_selector": "cyclic",
    "eta": 0.5,
    "reg_alpha": 2e-3,
    "reg_lambda": 5e-3,
    "base_score": 0.5,
}
_ROUNDS = 20


def fit(matrix: Float32Array, churned: Int64Array, threads: int, weights: Float64Array | None = None) -> Linear:
    """Coordinate descent on the columns of the logistic regression; penalties are per row."""
    design = LinearDesign.of(matrix)
    rows = xgb.DMatrix(design.columns(matrix).astype(np.float32), churned, weight=weights, nthread=threads)
    booster = xgb.train({**_PARAMETERS, "nthread": threads}, rows, _ROUNDS)
    model = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]
    found = np.array(model["weights"], dtype=float)
    return Linear.of(design, found[:-1], float(found[-1]))
