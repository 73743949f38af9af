"""The trials of a study as runs below the run of the training, so that MLflow's own pages sort and compare them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME

from training.outcome import StudyNote

MOST: Final = 100
"""Runs below one: each costs some tens of milliseconds. All trials are in `tuning/trials.csv`."""
_FACTS = ("number", "value", "seconds")


def log(client: MlflowClient, parent: str, study: StudyNote, tags: Mapping[str, str]) -> None:
    """One run per finished trial, with its parameters, its value and its seconds; one without a value was pruned."""
    experiment = client.get_run(parent).info.experiment_id
    for row in study.history[:MOST]:
        name = f"trial {row['number']}"
        own = {**tags, MLFLOW_PARENT_RUN_ID: parent, MLFLOW_RUN_NAME: name, "study": study.name}
        child = client.create_run(experiment, run_name=name, tags=own).info
        metrics = [
            Metric(key, float(row[key]), child.start_time, 0)
            for key in ("value", "seconds")
            if row.get(key) is not None and math.isfinite(row[key])
        ]
        client.log_batch(child.run_id, metrics=metrics, params=_params(row))
        client.set_terminated(child.run_id, "FINISHED")


def _params(row: Mapping[str, Any]) -> list[Param]:
    return [Param(name, str(value)) for name, value in row.items() if name not in _FACTS]
