"""The search for a recipe: shallow, strongly regularised boosting, judged on later time.

A trial fits on each fold's origins and scores on the fold's own; its value is the mean log loss at the number
of rounds that is best for all folds together, which becomes part of the recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import optuna
import xgboost as xgb

from core.errors import DataError
from core.workspace import Workspace
from models.churn import dataset
from models.churn.inputs import Inputs
from models.churn.linear import Linear
from models.churn.recipe import FIXED, Recipe
from models.kinds import Budget
from training import study
from training.churn import enough_rows
from training.churn.examples import Examples
from training.churn.folds import Fold, make_folds
from training.churn.losses import log_losses
from training.learning_curve import LearningCurve

_LEARNING = 8.0  # rounds x learning rate that is more than enough
PATIENCE = 40
"""Rounds without a better value on the fold's later rows, after which a trial goes no further."""
STRENGTHS = (1e-3, 3e-3, 1e-2, 3e-2)
"""Inverse weights of the logistic regression's penalty to choose from."""
FIRST: Mapping[str, Any] = {
    "eta": 0.04,
    "max_depth": 3,
    "min_child_weight": 20.0,
    "subsample": 0.6,
    "colsample_bytree": 0.2,
    "reg_lambda": 10.0,
    "reg_alpha": 1.0,
}
"""Tried first: good on a shop of a few thousand customers, so that even a tiny budget gives a good model."""
SPACE = "v2"


class TunedFit(NamedTuple):
    """The study; the best trial's trees with the logistic regression that did best on the same folds; and on how many
    rows a fit is worth its time.
    """

    tuned: study.Tuned
    recipe: Recipe
    curve: LearningCurve


def tune(workspace: Workspace, known: Examples, inputs: Inputs, budget: Budget) -> TunedFit:
    """Search on the labelled rows that are known at a date.

    Raises:
        DataError: there is no fold to search on.
    """
    settings = workspace.settings.churn
    labels_until = known.labels_until
    folds = make_folds(known.labelled, inputs, known.gap_days, workspace.settings.seed)
    if not folds:
        raise DataError(
            f"before {labels_until} there are no two windows, one after the other, in which some left and some stayed",
            why=f"trees are tuned on one window of churn.horizon_days ({settings.horizon_days}) and an earlier one",
            todo="train as of a later date",
        )
    tuned = study.run(
        workspace,
        f"churn-{labels_until}",
        Objective(workspace, folds),
        budget,
        depends_on={
            "data": workspace.tables.digest(before=labels_until),
            "rows": [len(fold.matrix) for fold in folds],
            "features": inputs.names,
            "settings": settings.model_dump(include={"horizon_days", "active_days"}),
            "threads": workspace.settings.threads,
            "space": SPACE,
            **({} if known.digest is None else {"rows_from": known.digest}),
        },
        first=[FIRST],
    )
    parameters, rounds = dict(tuned.best.params), int(tuned.best.user_attrs["rounds"])
    curve = enough_rows.measure(workspace, known, inputs, parameters, rounds)
    enough = dataset.MOST_ROWS if curve.enough is None else curve.enough
    return TunedFit(tuned, Recipe(parameters, rounds, _strength(folds), enough), curve)


class Objective:
    """The value of a trial; the quantised matrices are made once for all trials."""

    def __init__(self, workspace: Workspace, folds: Sequence[Fold]) -> None:
        self.seed, self.threads = workspace.settings.seed, workspace.settings.threads
        self.folds = [
            (
                xgb.DMatrix(fold.matrix, fold.churned, nthread=self.threads),
                xgb.DMatrix(fold.later, fold.later_churned, nthread=self.threads),
            )
            for fold in folds
        ]

    def __call__(self, trial: optuna.Trial) -> float:
        """Mean log loss over the folds at the best number of rounds."""
        parameters = suggest(trial)
        rounds = round(_LEARNING / parameters["eta"])
        curve = np.mean([self._curve(parameters, rounds, *fold) for fold in self.folds], axis=0)
        trial.set_user_attr("rounds", int(np.argmin(curve)) + 1)
        return float(curve.min())

    def _curve(self, parameters: Mapping[str, Any], rounds: int, train: xgb.DMatrix, later: xgb.DMatrix) -> list[float]:
        given = {**FIXED, **parameters, "seed": self.seed, "nthread": self.threads, "eval_metric": "logloss"}
        recorded: dict[str, dict[str, list[float]]] = {}
        evaluated = {"evals": [(later, "later")], "evals_result": recorded, "verbose_eval": False}
        xgb.train(given, train, rounds, early_stopping_rounds=PATIENCE, **evaluated)
        curve = recorded["later"]["logloss"]
        return curve + [curve[-1]] * (rounds - len(curve))


def suggest(trial: optuna.Trial) -> dict[str, Any]:
    """The search space."""
    return {
        "eta": trial.suggest_float("eta", 0.03, 0.1, log=True),
        "max_depth": trial.suggest_int("max_depth", 2, 5),
        "min_child_weight": trial.suggest_float("min_child_weight", 5, 100, log=True),
        "subsample": trial.suggest_float("subsample", 0.4, 0.9),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.1, 0.6, log=True),
        "reg_lambda": trial.suggest_float("reg_lambda", 1, 50, log=True),
        "reg_alpha": trial.suggest_float("reg_alpha", 0.01, 5, log=True),
    }


def _strength(folds: Sequence[Fold]) -> float:
    def loss(strength: float) -> float:
        return float(np.mean([_logistic_loss(fold, strength) for fold in folds]))

    return min(STRENGTHS, key=loss)


def _logistic_loss(fold: Fold, strength: float) -> float:
    margins = Linear.fit(fold.matrix, fold.churned, strength).margins(fold.later)
    return float(log_losses(margins, fold.later_churned).mean())
