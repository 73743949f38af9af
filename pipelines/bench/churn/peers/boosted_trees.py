"""Boosted trees of three libraries: how many trees is chosen on the folds, and with XGBoost all the rest too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.arrays import Float32Array, Float64Array, Int64Array
from pipelines.bench.churn.churn_task import ChurnTask
from pipelines.bench.churn.peers.fold_losses import log_loss_of

TRIALS = 15
_MOST_TREES = 1500
_PATIENCE = 50
_MOST_TUNED = 20_000
"""Rows that a fold is fitted on: more of them cost time and choose the same."""
_USUAL_TREES = 100
"""Where the history is too short for a fold."""

Fitted = tuple[Callable[[Float32Array], Float64Array], int]
"""Gives the chances of rows, and with how many trees."""


@dataclass(frozen=True)
class _Rows:
    """Rows with their labels."""

    matrix: Float32Array
    churned: Int64Array


Fit = Callable[[ChurnTask, Mapping[str, Any], _Rows, "_Rows | None", int], Fitted]
"""Fits on rows with at most so many trees, and stops early on others where there are any."""


def xgboost(task: ChurnTask) -> Float64Array:
    """XGBoost, tuned by Optuna."""
    import optuna

    if not task.folds():
        return _refit(task, _fit_xgboost, {"eta": 0.05, "max_depth": 3}, _USUAL_TREES)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    tried: dict[int, tuple[Mapping[str, Any], int]] = {}

    def objective(trial: optuna.Trial) -> float:
        given = _xgboost_space(trial)
        loss, trees = _measured(task, _fit_xgboost, given)
        tried[trial.number] = given, trees
        return loss

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=task.seed))
    study.enqueue_trial({"eta": 0.04, "max_depth": 4, "min_child_weight": 20.0, "colsample_bytree": 0.5})
    study.optimize(objective, n_trials=TRIALS)
    return _refit(task, _fit_xgboost, *tried[study.best_trial.number])


def lightgbm(task: ChurnTask) -> Float64Array:
    """LightGBM with the best of three recipes."""
    smooth = {"learning_rate": 0.03, "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1}
    recipes = (
        {**smooth, "num_leaves": 15, "min_data_in_leaf": 50, "lambda_l2": 5.0},
        {**smooth, "num_leaves": 7, "min_data_in_leaf": 100, "lambda_l2": 5.0},
        {**smooth, "num_leaves": 31, "min_data_in_leaf": 100, "lambda_l2": 20.0},
    )
    return _best_of(task, _fit_lightgbm, recipes)


def catboost(task: ChurnTask) -> Float64Array:
    """CatBoost with the better of two recipes."""
    recipes: tuple[Mapping[str, Any], ...] = (
        {"learning_rate": 0.06, "depth": 5, "l2_leaf_reg": 8.0, "rsm": 0.4},
        {"learning_rate": 0.06, "depth": 3, "l2_leaf_reg": 4.0, "rsm": 0.4},
    )
    return _best_of(task, _fit_catboost, recipes)


def _best_of(task: ChurnTask, fit: Fit, recipes: tuple[Mapping[str, Any], ...]) -> Float64Array:
    if not task.folds():
        return _refit(task, fit, recipes[0], _USUAL_TREES)
    measured = [(*_measured(task, fit, recipe), recipe) for recipe in recipes]
    _, trees, recipe = min(measured, key=lambda each: each[0])
    return _refit(task, fit, recipe, trees)


def _measured(task: ChurnTask, fit: Fit, given: Mapping[str, Any]) -> tuple[float, int]:
    """The mean log loss over the folds, and how many trees were best in the mean."""
    losses, trees = [], []
    for fold in task.folds():
        scored = _Rows(task.rows[fold.score], task.churned[fold.score])
        chances, best = fit(task, given, _sample(task, fold.fit), scored, _MOST_TREES)
        losses.append(log_loss_of(chances(scored.matrix), scored.churned))
        trees.append(best)
    return float(np.mean(losses)), max(1, round(float(np.mean(trees))))


def _sample(task: ChurnTask, fit: NDArray[np.bool_]) -> _Rows:
    rows = np.flatnonzero(fit)
    if len(rows) > _MOST_TUNED:
        rows = np.sort(np.random.default_rng(task.seed).choice(rows, _MOST_TUNED, replace=False))
    return _Rows(task.rows[rows], task.churned[rows])


def _refit(task: ChurnTask, fit: Fit, given: Mapping[str, Any], trees: int) -> Float64Array:
    chances, _ = fit(task, given, _Rows(task.rows, task.churned), None, trees)
    return chances(task.population)


def _xgboost_space(trial: Any) -> dict[str, Any]:
    return {
        "eta": trial.suggest_float("eta", 0.02, 0.1, log=True),
        "max_depth": trial.suggest_int("max_depth", 2, 6),
        "min_child_weight": trial.suggest_float("min_child_weight", 1, 100, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 30, log=True),
        "reg_alpha": trial.suggest_float("reg_alpha", 0.01, 10, log=True),
        "gamma": trial.suggest_float("gamma", 0.01, 5, log=True),
    }


def _fit_xgboost(task: ChurnTask, given: Mapping[str, Any], rows: _Rows, stop: _Rows | None, trees: int) -> Fitted:
    import xgboost as xgb

    fixed = {"objective": "binary:logistic", "eval_metric": "logloss", "tree_method": "hist", "max_bin": 128}
    parameters = {**fixed, **given, "seed": task.seed, "nthread": task.threads}
    known = xgb.DMatrix(rows.matrix, rows.churned, nthread=task.threads)
    if stop is None:
        booster = xgb.train(parameters, known, trees)
        return lambda matrix: np.asarray(booster.predict(xgb.DMatrix(matrix)), dtype=float), trees
    watched = [(xgb.DMatrix(stop.matrix, stop.churned, nthread=task.threads), "later")]
    booster = xgb.train(parameters, known, trees, watched, early_stopping_rounds=_PATIENCE, verbose_eval=False)
    best = int(booster.best_iteration) + 1
    used = (0, best)
    return lambda matrix: np.asarray(booster.predict(xgb.DMatrix(matrix), iteration_range=used), dtype=float), best


def _fit_lightgbm(task: ChurnTask, given: Mapping[str, Any], rows: _Rows, stop: _Rows | None, trees: int) -> Fitted:
    import lightgbm as lgb

    fixed = {"objective": "binary", "verbosity": -1, "deterministic": True, "max_bin": 127}
    # Its threads spin while they wait: on a machine that others use, two are far slower than one.
    parameters = {**fixed, **given, "seed": task.seed, "num_threads": 1}
    known = lgb.Dataset(rows.matrix, rows.churned)
    later = [] if stop is None else [lgb.Dataset(stop.matrix, stop.churned, reference=known)]
    callbacks = [] if stop is None else [lgb.early_stopping(_PATIENCE, verbose=False)]
    booster = lgb.train(parameters, known, trees, valid_sets=later, callbacks=callbacks)
    best = trees if stop is None else int(booster.best_iteration)
    return lambda matrix: np.asarray(booster.predict(matrix, num_iteration=best), dtype=float), best


def _fit_catboost(task: ChurnTask, given: Mapping[str, Any], rows: _Rows, stop: _Rows | None, trees: int) -> Fitted:
    from catboost import CatBoostClassifier

    fixed = {"verbose": False, "allow_writing_files": False, "thread_count": task.threads, "random_seed": task.seed}
    model = CatBoostClassifier(iterations=trees, border_count=64, **fixed, **given)
    if stop is None:
        model.fit(rows.matrix, rows.churned)
        best = trees
    else:
        later = (stop.matrix, stop.churned)
        model.fit(rows.matrix, rows.churned, eval_set=later, early_stopping_rounds=_PATIENCE)
        best = int(model.get_best_iteration()) + 1
    return lambda matrix: np.asarray(model.predict_proba(matrix)[:, 1]), best
