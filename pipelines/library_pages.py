"""The pages of MLflow and Evidently: their own servers over this workspace's stores."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from core.workspace import Workspace
from pipelines.processes import interrupt_on_signals, is_free

LOOK_SECONDS = 0.2


def serve(workspace: Workspace, pages: str, host: str, port: int, told: Callable[[], None]) -> int:
    """Run the server until it ends or Ctrl-C (or SIGTERM); returns its exit code, 0 after Ctrl-C.

    `told` is called once it answers.
    """
    if pages == "mlflow":
        command, extra = _mlflow(host, port), _mlflow_environment(workspace)
    else:
        command, extra = _evidently(workspace, host, port), {}
    interrupt_on_signals()
    process = subprocess.Popen(command, env=os.environ | {"DO_NOT_TRACK": "true"} | extra, start_new_session=True)
    try:
        while process.poll() is None and is_free(host, port):
            time.sleep(LOOK_SECONDS)
        if process.poll() is None:
            told()
        return max(process.wait(), 0)
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(process)


def _mlflow_environment(workspace: Workspace) -> dict[str, str]:
    """MLflow's stores, here rather than as arguments, which anybody on the machine may list."""
    from models import mlflow_store, registry_place

    mlflow_store.follow(workspace)
    return {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_BACKEND_STORE_URI": registry_place.address(workspace),
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": registry_place.artifact_root(workspace),
    }


def _mlflow(host: str, port: int) -> list[str]:
    return [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"]


def _evidently(workspace: Workspace, host: str, port: int) -> list[str]:
    workspace.reports_dir.mkdir(parents=True, exist_ok=True)
    where = ["--host", host, "--port", str(port), "--workspace", str(workspace.reports_dir)]
    return [sys.executable, "-c", "from evidently.cli import app; app()", "ui", *where]


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
