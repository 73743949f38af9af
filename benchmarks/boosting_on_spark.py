"""The same boosters by `xgboost.spark` on two workers and by one machine: what they lose, and what they cost.

    python -m benchmarks.boosting_on_spark WORKSPACE 2017-09-01 [--workers 2] [--model churn --model demand]

WORKSPACE has tables (`regulars ingest`); only its snapshots and caches are added to. Each model learns from what is
known one horizon before the date and is judged on the window from there on, which it has not seen: churn by its log
loss per customer, demand by the Tweedie deviance of the mean per series (the losses that they are fitted by). The
difference comes with a paired interval over customers or series. CPU time is that of this process and, of Spark, that
of the driver and its workers too; rows go to Spark as they would from a driver that has collected them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import psutil
import xgboost as xgb

from core import spark_session
from core.workspace import Workspace
from models.arrays import Float32Array, Float64Array
from models.churn.inputs import Inputs
from models.churn.recipe import FIXED
from models.demand.recipe import Recipe
from models.intervals import Mean, paired
from training.churn import examples as churn_examples
from training.demand.folds import rolling

CHURN: Final[Mapping[str, Any]] = {**FIXED, "max_depth": 4, "eta": 0.05, "subsample": 0.8, "colsample_bytree": 0.5}
ROUNDS: Final = 200


@dataclass(frozen=True)
class Task:
    """What is learnt and judged: matrices of float32 (rows, features), a loss per row, and whose row it is."""

    matrix: Float32Array
    label: Float64Array
    weight: Float64Array
    parameters: Mapping[str, Any]
    rounds: int
    judged: Float32Array
    loss: Callable[[Float64Array], Float64Array]
    units: pd.Index


def main() -> None:
    """Print the losses and the costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("date", type=date.fromisoformat)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--model", action="append", choices=sorted(TASKS))
    asked = parser.parse_args()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # of the workers, which run XGBoost
    workspace = Workspace.open(asked.workspace)
    print(f"{'model':8} {'rows':>9} {'one machine':>12} {'spark':>9} {'difference':>32} {'CPU s':>7} {'of spark':>9}")
    for model in asked.model or sorted(TASKS):
        task = TASKS[model](workspace, asked.date)
        alone, seconds = timed(lambda task=task: fit_alone(task, workspace.settings.threads))
        spread, spark_seconds = timed(lambda task=task: fit_on_spark(workspace, task, asked.workers))
        print(row(model, task, alone, spread, (seconds, spark_seconds)))


def of_churn(workspace: Workspace, as_of: date) -> Task:
    """Who left: rows known one horizon before the date, judged on the last population whose outcome is known."""
    known = churn_examples.collect(workspace, as_of)
    days = sorted(known.labelled["as_of"].unique())
    then = churn_examples.known_by(known, days[-1])
    inputs = Inputs.of(churn_examples.dataset.features(), then.labelled)
    left = then.population["churned"].to_numpy(dtype=float)

    def loss(said: Float64Array) -> Float64Array:
        sure = np.clip(said, 1e-6, 1 - 1e-6)
        return -(left * np.log(sure) + (1 - left) * np.log(1 - sure))

    rows = then.labelled
    label, judged = rows["churned"].to_numpy(dtype=float), inputs.matrix(then.population)
    units = pd.Index(then.population["customer_id"])
    return Task(inputs.matrix(rows), label, np.ones(len(rows)), CHURN, ROUNDS, judged, loss, units)


def of_demand(workspace: Workspace, as_of: date) -> Task:
    """Mean sales over level, by the recipe's defaults, judged on the horizon before the date."""
    known, recipe = rolling(workspace, as_of), Recipe()
    fold = known.fold(known.evaluated_from)
    rows, power = fold.examples, recipe.tweedie_power
    told = known.labels(known.evaluated_from, known.as_of) / fold.inputs.level[:, None]
    sold = told.reshape(-1)
    usable = np.isfinite(sold)

    def loss(said: Float64Array) -> Float64Array:
        mean = np.maximum(said[usable], 1e-6)
        return np.asarray(-sold[usable] * mean ** (1 - power) / (1 - power) + mean ** (2 - power) / (2 - power))

    weight = np.sqrt(rows.importance) * np.maximum(rows.level**2 / rows.squared_scale, 0.25)
    objective = {"objective": "reg:tweedie", "tweedie_variance_power": power, "eta": recipe.learning_rate}
    units = pd.Index(np.repeat(np.arange(len(told)), told.shape[1])[usable])
    parameters = recipe.trees() | objective
    matrix = fold.inputs.matrix
    return Task(rows.matrix, rows.ratio, weight / weight.mean(), parameters, recipe.rounds, matrix, loss, units)


def fit_alone(task: Task, threads: int) -> xgb.Booster:
    """As a training of the product does."""
    rows = xgb.QuantileDMatrix(
        task.matrix, task.label, weight=task.weight, max_bin=task.parameters["max_bin"], nthread=threads
    )
    return xgb.train({**task.parameters, "nthread": threads}, rows, task.rounds)


def fit_on_spark(workspace: Workspace, task: Task, workers: int) -> xgb.Booster:
    """The same parameters, the rows spread over the workers, each with one thread."""
    from xgboost.spark import SparkXGBClassifier, SparkXGBRegressor

    columns = [f"f{number}" for number in range(task.matrix.shape[1])]
    rows = pd.DataFrame(task.matrix, columns=columns).assign(label=task.label, weight=task.weight)
    named = {"eta": "learning_rate"}
    given = {named.get(name, name): value for name, value in task.parameters.items()}
    estimator = SparkXGBClassifier if given["objective"] == "binary:logistic" else SparkXGBRegressor
    if estimator is SparkXGBClassifier:
        del given["objective"]  # it allows no other, and none to be named
    with spark_session.errors(workspace):
        frame = spark_session.session(workspace).createDataFrame(rows).repartition(workers)
        fitted = estimator(
            features_col=columns, label_col="label", weight_col="weight", num_workers=workers,
            n_estimators=task.rounds, verbose=False, **given,
        ).fit(frame)  # fmt: skip
    return fitted.get_booster()


def timed(fit: Callable[[], xgb.Booster]) -> tuple[xgb.Booster, float]:
    """A booster, and the CPU seconds of this process and all that it began."""
    before = _cpu()
    booster = fit()
    return booster, _cpu() - before


def row(model: str, task: Task, alone: xgb.Booster, spread: xgb.Booster, seconds: tuple[float, float]) -> str:
    """One line of the table."""
    frames = [_losses(task, booster) for booster in (alone, spread)]
    least, most = (float(frame["loss"].mean()) for frame in frames)
    apart = paired(frames[1], frames[0], Mean("loss"))
    cost = f"{seconds[0]:7.1f} {seconds[1]:9.1f}"
    return f"{model:8} {len(task.label):9,} {least:12.5f} {most:9.5f} {apart!s:>32} {cost}"


def _losses(task: Task, booster: xgb.Booster) -> pd.DataFrame:
    said = np.asarray(booster.inplace_predict(task.judged), dtype=float)
    return pd.DataFrame({"loss": task.loss(said)}, index=task.units).groupby(level=0).mean()


def _cpu() -> float:
    own = psutil.Process()
    ended = own.cpu_times()
    below = [each.cpu_times() for each in own.children(recursive=True)]
    times = [ended, *below]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


TASKS: Final[Mapping[str, Callable[[Workspace, date], Task]]] = {"churn": of_churn, "demand": of_demand}

if __name__ == "__main__":
    main()
