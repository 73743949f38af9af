"""Fits the hazard of the next purchase, and sees on a past window whether it beats the formula it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb

from models.arrays import Float64Array, Int64Array
from models.churn.inputs import Inputs
from models.value.baselines import values_of
from models.value.formulas import READ
from models.value.hazard import Hazard, hazard_inputs, log_odds
from models.value.labels import SHORTEST
from models.value.outlook_bins import EDGES
from models.value.recipe import FIXED
from training.value.examples import Examples

PARAMETERS: Mapping[str, Any] = {
    "objective": "binary:logistic",
    "eta": 0.1,
    "max_depth": 4,
    "min_child_weight": 20.0,
    "subsample": 0.7,
    "colsample_bytree": 0.6,
    "reg_lambda": 5.0,
}
ROUNDS = 80
MOST_CUSTOMERS = 10_000
"""Customers of past dates that are followed: a seeded sample of more."""
MOST_COLUMNS = 30
_PRIOR = 50.0


def columns_used(booster: xgb.Booster | None, inputs: Inputs) -> tuple[int, ...]:
    """The columns that the booster of visits leans on most, and those of the formula."""
    place = {name: column for column, name in enumerate(inputs.names)}
    always = [place[feature.name] for feature in READ]
    gains = booster.get_score(importance_type="total_gain") if booster is not None else {}
    ranked = sorted(gains, key=lambda name: (-float(np.sum(gains[name])), name))
    most = [int(str(name).removeprefix("f")) for name in ranked][:MOST_COLUMNS]
    return tuple(dict.fromkeys([*always, *most]))


def fit(examples: Examples, inputs: Inputs, columns: Sequence[int]) -> Hazard:
    """A booster on every bin that a customer of a past date was waited for in."""
    settings = examples.workspace.settings
    frame = examples.labelled
    if len(frame) > MOST_CUSTOMERS:
        rng = np.random.default_rng(settings.seed)
        frame = frame.iloc[np.sort(rng.choice(len(frame), MOST_CUSTOMERS, replace=False))]
    rows, bins, bought = at_risk(frame["next_in"].to_numpy(dtype=float), frame["followed"].to_numpy(dtype=float))
    odds = log_odds(examples.formula.survival(values_of(frame), EDGES.tolist()))
    given = {**FIXED, **PARAMETERS, "nthread": settings.threads, "seed": settings.seed}
    seen = hazard_inputs(inputs.matrix(frame), columns, rows, bins)
    matrix = xgb.DMatrix(seen, bought, base_margin=odds[rows, bins], nthread=settings.threads)
    booster = xgb.train(given, matrix, ROUNDS)
    booster.set_param({"nthread": 1})
    return Hazard(booster, tuple(columns))


def at_risk(next_in: Float64Array, followed: Float64Array) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Each customer in each bin that was seen to its end with nobody back before it: row, bin, whether they bought."""
    whole = EDGES[None, :] <= followed[:, None]
    starts = np.concatenate([[0.0], EDGES[:-1]])
    waiting = ~(next_in[:, None] <= starts[None, :])
    rows, bins = np.nonzero(whole & waiting)
    return rows, bins, (next_in[rows] <= EDGES[bins]).astype(np.int64)


def tried(hazard: Hazard, examples: Examples, inputs: Inputs, truth: pd.DataFrame) -> Hazard | None:
    """The hazard at the pace of a window it has not seen (`truth`); None where the formula tells it better."""
    formula = examples.formula.survival(values_of(truth), EDGES.tolist())
    survival = hazard.survival(inputs.matrix(truth), formula)
    next_in = truth["next_in"].where(truth["next_in"] <= SHORTEST).to_numpy(dtype=float)
    if log_loss(survival, next_in) > log_loss(formula, next_in):
        return None
    return replace(hazard, pace=pace(survival, next_in))


def pace(survival: Float64Array, next_in: Float64Array) -> float:
    """Purchases in the window over the purchases that were expected until then, drawn towards 1."""
    until = np.where(np.isnan(next_in), SHORTEST, next_in)
    place = np.searchsorted(EDGES, until)
    waited = -np.log(np.maximum(survival[np.arange(len(survival)), place], 1e-12))
    return float((np.isfinite(next_in).sum() + _PRIOR) / (waited.sum() + _PRIOR))


def log_loss(survival: Float64Array, next_in: Float64Array) -> float:
    """Mean negative log-likelihood of the day of the next purchase, or of none within the shortest horizon."""
    left = np.concatenate([np.ones((len(survival), 1)), survival], axis=1)
    rows = np.arange(len(survival))
    place = np.searchsorted(EDGES, np.where(np.isnan(next_in), SHORTEST, next_in))
    none = left[rows, place + 1]
    bought = left[rows, place] - none
    return float(-np.log(np.maximum(np.where(np.isnan(next_in), none, bought), 1e-9)).mean())
