"""Switches the libraries' telemetry off. Call before anything that phones home is imported."""

from __future__ import annotations

import os

SWITCHES = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "True",
    "FEAST_USAGE": "False",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


def switch_off() -> None:
    """Set the environment of this process and of those it starts; what a person set stays."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)
