"""The data of a run as MLflow's data sets: what was learnt from and evaluated on, by digest; no row of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_SOURCE_NAME

_LONGEST_DIGEST = 36


def of_run(facts: Mapping[str, Any], columns: str) -> list[DatasetInput]:
    """Two data sets: the training rows, and the units evaluated.

    Args:
        facts: the run's `record.json`.
        columns: the inputs' types, as MLflow writes a schema.
    """
    return [
        _input(facts, columns, "training", f"before {facts['as_of']}", facts["rows"]),
        _input(facts, columns, "evaluation", f"{facts['evaluated_from']} to {facts['as_of']}", facts["units"]),
    ]


def _input(facts: Mapping[str, Any], columns: str, context: str, days: str, rows: int) -> DatasetInput:
    source = {"tags": {MLFLOW_SOURCE_NAME: f"the tables of the workspace, {facts['service']}, facts {days}"}}
    profile = {"num_rows": rows, "as_of": facts["as_of"], "data_digest": facts["data_digest"], "days": days}
    found = Dataset(
        name=f"{facts['kind']} {context}, {days}",
        digest=str(facts["data_digest"])[:_LONGEST_DIGEST],
        source_type="code",
        source=json.dumps(source),
        schema=columns,
        profile=json.dumps(profile),
    )
    return DatasetInput(found, [InputTag(MLFLOW_DATASET_CONTEXT, context)])
