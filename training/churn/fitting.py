"""Fits the model of a recipe, and the baselines it is judged by, on the same examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xgboost as xgb

from core.workspace import Workspace
from models.arrays import Float32Array, Int64Array
from models.churn import baselines, golden
from models.churn.inputs import Inputs
from models.churn.model import BoostedModel, mean_margins
from models.churn.recipe import FIXED, Recipe
from models.churn.scorer import About, Scorer, describe_population
from training.churn.examples import Examples

BAG = 3


def fit_all(
    workspace: Workspace, examples: Examples, inputs: Inputs, recipe: Recipe
) -> tuple[BoostedModel, dict[str, Scorer]]:
    """The model and the baselines, fitted on the same examples."""
    fitted = fit_model(workspace, examples, inputs, recipe)
    return fitted, baselines.fit_on(workspace, examples.labelled, examples.population, examples.labels_until)


def fit_model(workspace: Workspace, examples: Examples, inputs: Inputs, recipe: Recipe) -> BoostedModel:
    """The boosters of the recipe, with the ranks and the rate of the population."""
    settings = workspace.settings
    matrix, churned = inputs.matrix(examples.labelled), examples.labelled["churned"].to_numpy()
    options = {"seed": settings.seed, "count": BAG, "threads": settings.threads}
    boosters = fit_boosters(matrix, churned, recipe.parameters, recipe.rounds, **options)
    ranks, rate = describe_population(
        inputs, lambda rows: recipe.calibration.margins(mean_margins(boosters, rows)), examples.population
    )
    about = About(examples.labels_until, settings.churn.horizon_days, inputs, ranks, rate)
    model = BoostedModel(about, boosters, recipe.calibration)
    model.golden_inputs = golden.make(inputs, examples.population, settings.seed)
    return model


def fit_boosters(
    matrix: Float32Array,
    churned: Int64Array,
    parameters: Mapping[str, Any],
    rounds: int,
    *,
    seed: int,
    count: int,
    threads: int,
) -> list[xgb.Booster]:
    """Boosters that differ by their seed only: by which rows and columns each tree sees."""
    rows = xgb.DMatrix(matrix, churned, nthread=threads)
    given = {**FIXED, **parameters, "nthread": threads}
    return [xgb.train({**given, "seed": seed + number}, rows, rounds) for number in range(count)]
