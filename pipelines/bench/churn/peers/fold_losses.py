"""What a way of fitting is worth on the folds of a task."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.arrays import Float32Array, Float64Array, Int64Array
from pipelines.bench.churn.churn_task import ChurnTask

FitAndScore = Callable[[Float32Array, Int64Array, Float32Array], Float64Array]
"""Fits on rows with their labels and gives the chances of other rows."""


def log_loss_of(chances: Float64Array, churned: Int64Array) -> float:
    """Mean negative log-likelihood."""
    clipped = np.clip(chances, 1e-6, 1 - 1e-6)
    return -float(np.where(churned == 1, np.log(clipped), np.log1p(-clipped)).mean())


def mean_loss(task: ChurnTask, fit_and_score: FitAndScore) -> float:
    """The mean log loss over the task's folds."""
    losses = [
        log_loss_of(fit_and_score(task.rows[fold.fit], task.churned[fold.fit], task.rows[fold.score]), labels)
        for fold in task.folds()
        for labels in [task.churned[fold.score]]
    ]
    return float(np.mean(losses))
