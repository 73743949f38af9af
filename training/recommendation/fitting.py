"""Fits the boosters of one mode: one for the order of a list, one for the probability of each product."""

from __future__ import annotations

import numpy as np
import xgboost as xgb

from models.recommendation.rankers import Boosters, Mode
from models.recommendation.recipe import Recipe
from training.recommendation.examples import Examples

BINS = 64
ORDER_ROUNDS = 0.6
"""The ranker needs fewer rounds than the logistic learner."""


def matrix(source: Examples, mode: Mode, threads: int) -> xgb.QuantileDMatrix:
    """The examples of a mode, binned once for any number of fits."""
    chosen = source.of_mode(mode)
    return xgb.QuantileDMatrix(
        chosen.features, chosen.bought.astype(np.float32), qid=chosen.row, max_bin=BINS, nthread=threads
    )


def fit(data: xgb.QuantileDMatrix, recipe: Recipe, threads: int, seed: int) -> Boosters:
    """Both boosters, or the one that the blend asks for."""
    order = _train(data, recipe, threads, seed, ranking=True) if recipe.blend > 0 else None
    probability = _train(data, recipe, threads, seed, ranking=False) if recipe.blend < 1 else None
    return Boosters(order, probability, recipe.blend)


def _train(data: xgb.QuantileDMatrix, recipe: Recipe, threads: int, seed: int, *, ranking: bool) -> xgb.Booster:
    settings = {
        "tree_method": "hist",
        "max_bin": BINS,
        "nthread": threads,
        "seed": seed,
        "eta": recipe.eta,
        "max_depth": recipe.max_depth,
        "min_child_weight": recipe.min_child_weight / 4 if ranking else recipe.min_child_weight,
        "subsample": recipe.subsample,
        "colsample_bytree": recipe.colsample_bytree,
        "reg_lambda": recipe.reg_lambda,
        "objective": "rank:ndcg" if ranking else "binary:logistic",
    }
    if ranking:
        settings |= {
            "lambdarank_pair_method": "topk",
            "lambdarank_num_pair_per_sample": 10,
            "ndcg_exp_gain": False,
        }
    rounds = max(1, round(recipe.rounds * (ORDER_ROUNDS if ranking else 1)))
    booster = xgb.train(settings, data, num_boost_round=rounds)
    booster.set_param({"nthread": 1})
    return booster
