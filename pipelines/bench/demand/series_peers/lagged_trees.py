"""XGBoost as one would set it up first: lags, rolling means and the calendar, all series at once, each step directly.

Figures are divided by the series' mean of 28 days. Quantiles are split-conformal: the point forecast plus the
quantiles of what boosters fitted up to the two windows before had missed there, each series for itself.
"""

from __future__ import annotations

import numpy as np
import xgboost as xgb

from models.arrays import Float32Array, Float64Array
from pipelines.bench.demand.demand_task import DemandTask
from pipelines.bench.demand.said import Said

_WEEKS, _MEANS = 4, (7, 28, 91)
_STEP_DAYS = 6  # not 7, so that each step is seen on every weekday
_MOST_ROWS = 400_000
_ROUNDS = 300
_WINDOWS = 2
_LEAST = 0.05
"""Units a period that a level has at least."""


def xgboost(task: DemandTask) -> Said:
    """The mean by a Tweedie booster, quantiles by its own past errors."""
    errors = []
    for window in range(1, _WINDOWS + 1):
        before = task.earlier(window * task.horizon)
        if before.periods > _least_periods(before):
            errors.append(task.sold_after(before) - _points(before))
    mean = _points(task)
    missed = np.concatenate(errors, axis=1) if errors else np.zeros((len(mean), 1))
    return Said.around(mean, missed)


def _points(task: DemandTask) -> Float64Array:
    booster = _fitted(task)
    told = booster.inplace_predict(_matrix(task)).astype(float)
    points: Float64Array = told.reshape(len(task.ids), task.horizon) * _level(task)[:, None]
    return points


def _fitted(task: DemandTask) -> xgb.Booster:
    """Fitted on origins before the task's, whose windows are known at least in part."""
    step = max(_STEP_DAYS // task.days, 1)
    parts = [_examples(task, back) for back in range(1, max(task.periods - _least_periods(task), 2), step)]
    rows, ratios = (np.concatenate(each) for each in zip(*parts, strict=True))
    if len(ratios) > _MOST_ROWS:
        drawn = np.sort(np.random.default_rng(task.seed).choice(len(ratios), _MOST_ROWS, replace=False))
        rows, ratios = rows[drawn], ratios[drawn]
    trees = {"max_depth": 6, "min_child_weight": 20.0, "subsample": 0.7, "colsample_bytree": 0.7, "max_bin": 128}
    fixed = {"objective": "reg:tweedie", "tweedie_variance_power": 1.1, "eta": 0.05, "tree_method": "hist"}
    given = {**fixed, **trees, "seed": task.seed, "nthread": task.threads}
    return xgb.train(given, xgb.DMatrix(rows, ratios, nthread=task.threads), _ROUNDS)


def _least_periods(task: DemandTask) -> int:
    return max(_WEEKS * task.season, 28 // task.days)


def _examples(task: DemandTask, back: int) -> tuple[Float32Array, Float64Array]:
    before = task.earlier(back)
    ratios = task.sold_after(before) / _level(before)[:, None]
    usable = (np.isfinite(ratios) & (before.open > 0) & (before.started < before.periods)[:, None]).reshape(-1)
    return _matrix(before)[usable], ratios.reshape(-1)[usable]


def _level(task: DemandTask) -> Float64Array:
    level: Float64Array = np.maximum(_mean(task, 28), _LEAST * task.days)
    return level


def _matrix(task: DemandTask) -> Float32Array:
    """(S * H, features), the steps of a series one after the other."""
    series, steps, level = len(task.ids), np.arange(task.horizon), _level(task)[:, None]
    days = task.first_days(0, task.horizon)
    newest = task.periods + steps - task.season * (steps // task.season + 1)
    lags = [task.units[:, newest - task.season * week] / level for week in range(_WEEKS)]
    recent = [(_mean(task, length)[:, None] / level) for length in _MEANS]
    of_days = (
        steps,
        [day.weekday() for day in days],
        [day.day for day in days],
        task.is_holiday(0, task.horizon),
        task.is_holiday(1, task.horizon),
        task.is_holiday(-1, task.horizon),
        task.open,
    )
    columns = (*lags, *recent, np.log(level), *(np.asarray(each, dtype=float)[None] for each in of_days))
    shape = (series, task.horizon)
    return np.stack([np.broadcast_to(each, shape).reshape(-1) for each in columns], axis=1).astype(np.float32)


def _mean(task: DemandTask, days: int) -> Float64Array:
    """The mean of the last days, those since the first sale alone."""
    length = min(days // task.days, task.periods)
    since = np.arange(task.periods - length, task.periods) >= task.started[:, None]
    mean: Float64Array = (task.units[:, -length:] * since).sum(1) / np.maximum(since.sum(1), 1)
    return mean
