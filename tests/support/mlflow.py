"""MLflow's database with its tables and nothing in them, made once per test session: making it takes seconds."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from mlflow.store.db import utils

from core.workspace import Workspace
from models.registry import Registry
from tests.support.shop import empty_workspace

# Each store that is opened asks for it, and each time MLflow loads all of its migrations to tell.
utils._get_latest_schema_revision = cache(utils._get_latest_schema_revision)


def give_empty_registry(workspace: Workspace) -> None:
    """Put an empty registry into a workspace that has none."""
    workspace.mlflow_dir.mkdir(exist_ok=True)
    shutil.copy(_template(), workspace.mlflow_dir / "mlflow.db")


@cache
def _template() -> Path:
    folder = tempfile.mkdtemp(prefix="regulars-mlflow-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    workspace = empty_workspace(Path(folder) / "workspace")
    Registry(workspace).client.search_registered_models()
    return workspace.mlflow_dir / "mlflow.db"
