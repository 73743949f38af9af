"""Whether contacts were drawn by lot, and what has to be assumed where they were not."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from models.arrays import Float32Array, Float64Array, Int64Array
from models.uplift.candidates import SLOW, Fit
from models.uplift.trial import HELD_OUT

LEAST_CHANCE = 0.02
"""Nobody's chance of an arm counts as less: one row would else speak for hundreds."""
SLACK = 0.01
"""An area under the curve so little above a half says nothing even where it is certain."""


@dataclass(frozen=True)
class Draw:
    """How the arms came about: `auc` says how well features tell who was contacted, 0.5 where it was by lot."""

    auc: float
    standard_error: float
    randomised: bool

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def chances(
    matrix: Float32Array, arm: Int64Array, shares: Float64Array, fold: Int64Array, fit: Fit
) -> tuple[Float64Array, Draw]:
    """The chance of each arm for each row: the shares of its draw where features tell nothing, else by features.

    Whether they tell is asked of rows that a model has not seen, of each offer against the held out.
    """
    odds = np.zeros_like(shares)
    odds[:, HELD_OUT] = 1.0
    worst = Draw(0.5, 0.0, True)
    offers = range(1, shares.shape[1])
    for offer in offers:
        there = (shares[:, offer] > 0) & (shares[:, HELD_OUT] > 0)
        base = np.where(
            there, np.divide(shares[:, offer], shares[:, HELD_OUT], where=there, out=np.ones(len(arm))), 1.0
        )
        told = _told(matrix, arm, np.log(base), fold, offer=offer, fit=fit)
        odds[there, offer] = (base * np.exp(told))[there]
        found = _draw(told, arm, offer, len(offers))
        worst = found if found.auc > worst.auc else worst
    if worst.randomised:
        return shares, worst
    estimated = odds / odds.sum(axis=1, keepdims=True)
    clipped = np.where(shares > 0, np.maximum(estimated, LEAST_CHANCE), 0.0)
    return np.asarray(clipped / clipped.sum(axis=1, keepdims=True)), worst


def e_value(ratio: float) -> float:
    """How strongly a hidden cause would have to go with both contact and purchase to explain the ratio away: a risk
    ratio (VanderWeele & Ding 2017). 1: nothing is needed.
    """
    if not math.isfinite(ratio) or ratio <= 0:
        return 1.0
    away = max(ratio, 1 / ratio)
    return away + math.sqrt(away * (away - 1))


def _told(
    matrix: Float32Array, arm: Int64Array, base: Float64Array, fold: Int64Array, *, offer: int, fit: Fit
) -> Float64Array:
    """What features add to the log-odds of the offer against being held out, by models that have not seen the row."""
    import xgboost as xgb

    told = np.zeros(len(arm))
    pair = np.isin(arm, (HELD_OUT, offer))
    given = {**SLOW, "objective": "binary:logistic", "base_score": 0.5, "seed": fit.seed, "nthread": fit.threads}
    for number in np.unique(fold):
        seen, asked = pair & (fold != number), fold == number
        rows = xgb.DMatrix(
            matrix[seen], (arm[seen] == offer).astype(float), base_margin=base[seen], nthread=fit.threads
        )
        given["min_child_weight"] = float(seen.sum()) / 400
        booster = xgb.train(given, rows, 40)
        told[asked] = booster.predict(xgb.DMatrix(matrix[asked], base_margin=np.zeros(asked.sum())), output_margin=True)
    return told


def _draw(told: Float64Array, arm: Int64Array, offer: int, offers: int) -> Draw:
    contacted, left = told[arm == offer], told[arm == HELD_OUT]
    ranks = rankdata(np.concatenate([contacted, left]))
    n, m = len(contacted), len(left)
    auc = float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
    error = math.sqrt((n + m + 1) / (12 * n * m))
    return Draw(auc, error, auc - 0.5 <= max((2.33 + 0.3 * math.log(offers)) * error, SLACK))
