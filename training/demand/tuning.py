"""Tuning of the mean boosters on the windows before the evaluation; the quantiles take over the trees' shape."""

from __future__ import annotations

import numpy as np
from optuna.trial import Trial

from core.workspace import Workspace
from models.arrays import Float64Array
from models.demand.evaluation import score_series
from models.demand.forecast import LEVELS, tidy
from models.demand.inputs import columns
from models.demand.metrics import STATISTICS
from models.demand.recipe import Recipe
from models.kinds import Budget
from training import study
from training.demand.examples import Examples
from training.demand.fitting import fit_mean
from training.demand.folds import Fold, Rolling

MOST_EXAMPLES = 250_000
"""Of one fit of a trial, of which there are many."""
SPACE = {
    "learning_rate": (0.02, 0.12),
    "rounds": (80, 400),
    "max_depth": (4, 8),
    "min_child_weight": (5.0, 100.0),
    "subsample": (0.5, 0.9),
    "colsample_bytree": (0.25, 0.8),
    "reg_lambda": (1.0, 30.0),
    "tweedie_power": (1.1, 1.6),
}


def suggest(trial: Trial) -> Recipe:
    """A recipe of the search space."""
    return Recipe.of(
        {
            "learning_rate": trial.suggest_float("learning_rate", *SPACE["learning_rate"], log=True),
            "rounds": trial.suggest_int("rounds", *map(int, SPACE["rounds"]), log=True),
            "max_depth": trial.suggest_int("max_depth", *map(int, SPACE["max_depth"])),
            "min_child_weight": trial.suggest_float("min_child_weight", *SPACE["min_child_weight"], log=True),
            "subsample": trial.suggest_float("subsample", *SPACE["subsample"]),
            "colsample_bytree": trial.suggest_float("colsample_bytree", *SPACE["colsample_bytree"]),
            "reg_lambda": trial.suggest_float("reg_lambda", *SPACE["reg_lambda"], log=True),
            "tweedie_power": trial.suggest_float("tweedie_power", *SPACE["tweedie_power"]),
        }
    )


def tune(workspace: Workspace, rolling: Rolling, folds: list[Fold], budget: Budget) -> study.Tuned:
    """Minimise the mean WRMSSE of the mean booster over the folds' windows; the default recipe is tried first."""
    sold = [rolling.labels(fold.labels_until, rolling.evaluated_from) for fold in folds]
    seed, threads = workspace.settings.seed, workspace.settings.threads

    def objective(trial: Trial) -> float:
        recipe = suggest(trial)
        losses = [
            wrmsse(fold, fold.examples.at_most(MOST_EXAMPLES), truth, recipe, seed=seed, threads=threads)
            for fold, truth in zip(folds, sold, strict=True)
        ]
        return float(np.mean(losses))

    default = Recipe()
    depends_on = {
        "data": workspace.tables.digest(rolling.evaluated_from),
        "folds": [fold.labels_until.isoformat() for fold in folds],
        "origins": [day.isoformat() for day in rolling.at],
        "space": SPACE,
        "inputs": [column.name for column in columns()],
        "settings": workspace.settings.demand.model_dump(mode="json", exclude={"trials", "timeout_s"}),
    }
    return study.run(
        workspace,
        f"demand-{rolling.as_of}",
        objective,
        budget,
        depends_on=depends_on,
        first=[{name: getattr(default, name) for name in SPACE}],
    )


def wrmsse(fold: Fold, examples: Examples, sold: Float64Array, recipe: Recipe, *, seed: int, threads: int) -> float:
    """WRMSSE of one mean booster, fitted on examples of a fold, on the window after it."""
    booster = fit_mean(examples, recipe, seed, threads)
    ratio = booster.inplace_predict(fold.inputs.matrix).astype(float).reshape(fold.inputs.shape)
    mean = ratio * fold.inputs.level[:, None] * fold.inputs.open
    forecast = tidy(fold.histories, mean, np.repeat(mean[:, :, None], len(LEVELS), axis=2))
    return STATISTICS["WRMSSE"](score_series(forecast, sold, fold.histories))
