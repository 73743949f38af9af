"""Where the model registry is: its database and its artifacts. MLflow is not imported to know it."""

from __future__ import annotations

from pathlib import Path

from core.database import driver, expand
from core.workspace import Workspace


def address(workspace: Workspace) -> str:
    """The URL of MLflow's database."""
    url = workspace.settings.stores.mlflow
    return driver(expand(url)) if url else f"sqlite:///{_file(workspace)}"


def exists(workspace: Workspace) -> bool:
    """Whether there can be anything in the registry: an embedded one is made by the first training."""
    return bool(workspace.settings.stores.mlflow) or _file(workspace).exists()


def fingerprint(workspace: Workspace) -> tuple[int, ...] | None:
    """Changes whenever an embedded database changes, without opening it; None for a server or no database.

    Bytes 24 to 27 of an SQLite file count its transactions, but not in WAL mode, hence the times and sizes.
    """
    if workspace.settings.stores.mlflow:
        return None
    try:
        with _file(workspace).open("rb") as file:
            changes = int.from_bytes(file.read(28)[24:])
        stats = [path.stat() for path in (_file(workspace), Path(f"{_file(workspace)}-wal")) if path.exists()]
    except OSError:
        return None
    return (changes, *(number for stat in stats for number in (stat.st_mtime_ns, stat.st_size)))


def artifact_root(workspace: Workspace) -> str:
    """Where artifacts lie: an S3 URL, or a folder of the workspace."""
    given = workspace.settings.stores.mlflow_artifacts
    return expand(given).rstrip("/") if given else str(workspace.mlflow_dir / "artifacts")


def _file(workspace: Workspace) -> Path:
    return workspace.mlflow_dir / "mlflow.db"
