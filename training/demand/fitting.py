"""Fitting the boosters of a demand model on examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xgboost as xgb

from models.arrays import Float64Array
from models.demand.forecast import LEVELS
from models.demand.recipe import Recipe
from training.demand.examples import Examples

MOST_QUANTILE_EXAMPLES = 250_000
"""Enough for the Complete Journey's windows before September 2017; a fit on more takes minutes."""
_PLENTY = 50_000
"""With fewer examples the least weight of a leaf shrinks in proportion, as it is meant as a share of them, ..."""
_LIGHTEST = 0.5
"""... and a series that sells rarely counts up to as if its sales changed by twice its level: else it has no leaf."""


def fit_mean(examples: Examples, recipe: Recipe, seed: int, threads: int) -> xgb.Booster:
    """A Tweedie booster of sales over level, weighted so that it minimises what RMSSE weighs (root importance)."""
    steadiness = np.maximum(examples.level**2 / examples.squared_scale, _LIGHTEST**2 * _scarcity(examples))
    weight = np.sqrt(examples.importance) * steadiness
    objective = {"objective": "reg:tweedie", "tweedie_variance_power": recipe.tweedie_power}
    rate = {"learning_rate": recipe.learning_rate, "seed": seed, "nthread": threads}
    params = _trees(recipe, examples) | objective | rate
    return xgb.train(params, _matrix(examples, weight, params), recipe.rounds)


def fit_quantiles(examples: Examples, recipe: Recipe, seed: int, threads: int) -> xgb.Booster:
    """One booster of all quantiles of sales over level, weighted as the scaled pinball loss is.

    It grows five trees a round: with examples in plenty it takes some of them.
    """
    trees, lightest = _trees(recipe, examples), _LIGHTEST * _scarcity(examples)
    examples = examples.at_most(MOST_QUANTILE_EXAMPLES)
    weight = np.sqrt(examples.importance) * np.maximum(examples.level / examples.absolute_scale, lightest)
    objective = {"objective": "reg:quantileerror", "quantile_alpha": list(LEVELS), "max_depth": recipe.quantile_depth}
    rate = {"learning_rate": recipe.quantile_learning_rate, "seed": seed, "nthread": threads}
    params = trees | objective | rate
    return xgb.train(params, _matrix(examples, weight, params), recipe.quantile_rounds)


def _trees(recipe: Recipe, examples: Examples) -> dict[str, Any]:
    return recipe.trees() | {"min_child_weight": recipe.min_child_weight * (1 - _scarcity(examples))}


def _scarcity(examples: Examples) -> float:
    """0 where there are examples in plenty, towards 1 where there are hardly any."""
    return 1 - min(len(examples) / _PLENTY, 1.0)


def _matrix(examples: Examples, weight: Float64Array, params: Mapping[str, Any]) -> xgb.QuantileDMatrix:
    return xgb.QuantileDMatrix(
        examples.matrix,
        examples.ratio,
        weight=weight / weight.mean(),
        max_bin=params["max_bin"],
        nthread=params["nthread"],
    )
