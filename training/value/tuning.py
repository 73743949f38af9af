"""The search for a recipe: shallow, strongly regularised boosters of spend, judged on later windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
import xgboost as xgb

from models.churn.inputs import Inputs
from models.kinds import Budget
from models.value.baselines import values_of
from models.value.labels import SHORTEST
from models.value.model import start_of
from models.value.recipe import FIXED, Recipe
from training import study
from training.value.backtests import Past
from training.value.fitting import OBJECTIVES, target_of

TARGET = "spend"
METRIC = "tweedie-nloglik@1.5"
_LEARNING = 8.0  # rounds x learning rate that is more than enough
FIRST: Mapping[str, Any] = {
    "eta": 0.06,
    "max_depth": 4,
    "min_child_weight": 20.0,
    "subsample": 0.7,
    "colsample_bytree": 0.3,
    "reg_lambda": 10.0,
}
"""Tried first: good on a shop of a few thousand customers, so that even a tiny budget gives a good model."""
SPACE = "v1"


def tune(past: Past, inputs: Inputs, budget: Budget) -> tuple[study.Tuned, Recipe]:
    """Search on the windows that were over at `past.examples.until`."""
    examples = past.examples
    workspace, until = examples.workspace, examples.until
    tuned = study.run(
        workspace,
        f"value-{until}",
        ValueObjective(past, inputs),
        budget,
        depends_on={
            "data": workspace.tables.digest(before=until),
            "rows": len(examples.labelled),
            "features": inputs.names,
            "threads": workspace.settings.threads,
            "space": SPACE,
        },
        first=[FIRST],
    )
    return tuned, Recipe(dict(tuned.best.params), int(tuned.best.user_attrs["rounds"]))


class ValueObjective:
    """The value of a trial; the matrices are made once for all trials."""

    def __init__(self, past: Past, inputs: Inputs) -> None:
        settings = past.examples.workspace.settings
        self.seed, self.threads = settings.seed, settings.threads
        self.folds = []
        for origin in past.origins(SHORTEST):
            before, rows = past.known_by(origin), past.examples.at(origin)
            target = target_of(before, inputs, TARGET, SHORTEST)
            spend, _ = before.formula.expected(values_of(rows), SHORTEST)
            came = np.maximum(rows[f"spend_{SHORTEST}d"].to_numpy(dtype=float), 0.0) / target.usual
            start = start_of(spend, target.usual)
            later = xgb.DMatrix(inputs.matrix(rows), came, base_margin=start, nthread=self.threads)
            self.folds.append((target.rows(self.threads), later))

    def __call__(self, trial: optuna.Trial) -> float:
        """Mean loss over the folds at the best number of rounds; with no fold to try it on, nothing is learnt."""
        parameters = suggest(trial)
        rounds = round(_LEARNING / parameters["eta"])
        if not self.folds:
            trial.set_user_attr("rounds", rounds // 2)
            return 0.0
        curve = np.mean([self._curve(parameters, rounds, *fold) for fold in self.folds], axis=0)
        trial.set_user_attr("rounds", int(np.argmin(curve)) + 1)
        return float(curve.min())

    def _curve(self, parameters: Mapping[str, Any], rounds: int, train: xgb.DMatrix, later: xgb.DMatrix) -> list[float]:
        given = {**FIXED, **OBJECTIVES[TARGET], **parameters, "seed": self.seed, "nthread": self.threads}
        recorded: dict[str, dict[str, list[float]]] = {}
        xgb.train(
            {**given, "eval_metric": METRIC},
            train,
            rounds,
            evals=[(later, "later")],
            evals_result=recorded,
            verbose_eval=False,
        )
        return recorded["later"][METRIC]


def suggest(trial: optuna.Trial) -> dict[str, Any]:
    """The search space."""
    return {
        "eta": trial.suggest_float("eta", 0.03, 0.12, log=True),
        "max_depth": trial.suggest_int("max_depth", 2, 5),
        "min_child_weight": trial.suggest_float("min_child_weight", 5, 100, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 0.9),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.1, 0.6, log=True),
        "reg_lambda": trial.suggest_float("reg_lambda", 1, 50, log=True),
    }
