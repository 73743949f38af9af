"""Fits the boosters of one mode: one for the order of a list, one for the probability of each product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xgboost as xgb

from models.recommendation.rankers import Boosters, Mode
from training.recommendation.examples import Examples

BINS = 64
ORDER_ROUNDS = 0.6
"""The ranker needs fewer rounds than the logistic learner."""


@dataclass(frozen=True)
class Parameters:
    """Of both learners of a mode; `blend` is the share of the ranker in the score."""

    eta: float = 0.05
    rounds: int = 250
    max_depth: int = 5
    min_child_weight: float = 20.0
    subsample: float = 0.8
    colsample_bytree: float = 0.5
    reg_lambda: float = 1.0
    blend: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For the log."""
        return asdict(self)


DEFAULTS: Mapping[Mode, Parameters] = {"all": Parameters(blend=0.0), "new": Parameters(blend=0.5)}


def matrix(source: Examples, mode: Mode, threads: int) -> xgb.QuantileDMatrix:
    """The examples of a mode, binned once for any number of fits."""
    chosen = source.of_mode(mode)
    return xgb.QuantileDMatrix(
        chosen.features, chosen.bought.astype(np.float32), qid=chosen.row, max_bin=BINS, nthread=threads
    )


def fit(data: xgb.QuantileDMatrix, parameters: Parameters, threads: int, seed: int) -> Boosters:
    """Both boosters, or the one that the blend asks for."""
    order = _train(data, parameters, threads, seed, ranking=True) if parameters.blend > 0 else None
    probability = _train(data, parameters, threads, seed, ranking=False) if parameters.blend < 1 else None
    return Boosters(order, probability, parameters.blend)


def _train(data: xgb.QuantileDMatrix, parameters: Parameters, threads: int, seed: int, *, ranking: bool) -> xgb.Booster:
    settings = {
        "tree_method": "hist",
        "max_bin": BINS,
        "nthread": threads,
        "seed": seed,
        "eta": parameters.eta,
        "max_depth": parameters.max_depth,
        "min_child_weight": parameters.min_child_weight / 4 if ranking else parameters.min_child_weight,
        "subsample": parameters.subsample,
        "colsample_bytree": parameters.colsample_bytree,
        "reg_lambda": parameters.reg_lambda,
        "objective": "rank:ndcg" if ranking else "binary:logistic",
    }
    if ranking:
        settings |= {
            "lambdarank_pair_method": "topk",
            "lambdarank_num_pair_per_sample": 10,
            "ndcg_exp_gain": False,
        }
    rounds = max(1, round(parameters.rounds * (ORDER_ROUNDS if ranking else 1)))
    booster = xgb.train(settings, data, num_boost_round=rounds)
    booster.set_param({"nthread": 1})
    return booster
