"""The serving process loads neither training nor monitoring, and its supervisor no models at all."""

from __future__ import annotations

import subprocess
import sys

LOADED = "import sys; import {module}; print(*sorted(m for m in sys.modules))"


def loaded(module: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(module=module)], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in done.stdout.split()}


def test_the_worker_loads_neither_training_nor_monitoring() -> None:
    worker = loaded("serving.http, models.kinds; [models.kinds.kind(k) for k in models.kinds.names()]")
    assert not worker & {"training", "monitoring", "pipelines", "optuna", "evidently", "fairlearn"}


def test_the_supervisor_is_light() -> None:
    assert not loaded("serving.service") & {"mlflow", "feast", "pandas", "ibis", "xgboost", "duckdb"}
