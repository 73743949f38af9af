"""Fits the learners of one mode: a booster for the order of a list, one for each product's probability, networks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xgboost as xgb

from models.arrays import Float32Array
from models.recommendation.rankers import Learners, Mode
from models.recommendation.recipe import Recipe
from training.recommendation import networks
from training.recommendation.examples import Examples

BINS = 64
ORDER_ROUNDS = 0.6
"""The ranker needs fewer rounds than the logistic learner."""


@dataclass(frozen=True)
class BinnedExamples:
    """Examples of a mode, binned once for any number of fits; `offset` as in `Examples`."""

    matrix: xgb.QuantileDMatrix
    offset: Float32Array


def binned(source: Examples, mode: Mode, threads: int) -> BinnedExamples:
    """The examples of a mode."""
    chosen = source.of_mode(mode)
    matrix = xgb.QuantileDMatrix(
        chosen.features, chosen.bought.astype(np.float32), qid=chosen.row, max_bin=BINS, nthread=threads
    )
    return BinnedExamples(matrix, chosen.offset)


def fit(source: Examples, mode: Mode, recipe: Recipe, threads: int, seed: int) -> Learners:
    """The learners of a mode that have a share in its scores."""
    found = boosters(binned(source, mode, threads), recipe, threads, seed)
    if recipe.network_share <= 0:
        return found
    return replace(found, network=networks.fit(source.of_mode(mode), mode, threads, seed))


def boosters(data: BinnedExamples, recipe: Recipe, threads: int, seed: int) -> Learners:
    """Those that have a share, without networks."""
    shares = recipe.shares
    order = _train(data, recipe, threads, seed, ranking=True) if shares.order > 0 else None
    probability = _train(data, recipe, threads, seed, ranking=False) if shares.probability > 0 else None
    return Learners(order, probability, None, shares)


def _train(data: BinnedExamples, recipe: Recipe, threads: int, seed: int, *, ranking: bool) -> xgb.Booster:
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
    data.matrix.set_base_margin(np.zeros_like(data.offset) if ranking else _margin(data))
    booster = xgb.train(settings, data.matrix, num_boost_round=rounds)
    booster.set_param({"nthread": 1})
    return booster


def _margin(data: BinnedExamples) -> Float32Array:
    """The log odds that the logistic learner starts from, shape (n,): the mean's, moved by what was left out.

    What it learns on top is then about all candidates, not about those that were kept.
    """
    share = float(np.clip(data.matrix.get_label().mean(), 1e-6, 1 - 1e-6))
    centred: Float32Array = data.offset - data.offset.mean() + np.float32(np.log(share / (1 - share)))
    return centred
