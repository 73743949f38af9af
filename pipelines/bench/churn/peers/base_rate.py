"""The share that left in the last window, said of everybody: what there is where nothing tells customers apart."""

from __future__ import annotations

import numpy as np

from models.arrays import Float64Array
from pipelines.bench.churn.churn_task import ChurnTask


def predict(task: ChurnTask) -> Float64Array:
    """The same chance for everybody."""
    return np.full(len(task.customers), task.latest_rate())
