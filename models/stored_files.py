"""Hashes of what MLflow's artifact store holds, read where it lies or copied for the moment."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

from core.errors import StoreError
from core.files import sha256
from core.workspace import Workspace
from models.mlflow_store import talking


def hashes(workspace: Workspace, location: str) -> dict[str, str]:
    """Each file below an artifact location, with its SHA-256; none where nothing lies there.

    Raises:
        StoreError: the store does not answer.
    """
    with _folder(workspace, location) as folder:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): sha256(path) for path in paths}


def contents(workspace: Workspace, location: str) -> dict[str, bytes]:
    """The same with what is in each file.

    Raises:
        StoreError: the store does not answer.
    """
    with _folder(workspace, location) as folder:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@contextmanager
def _folder(workspace: Workspace, location: str) -> Iterator[Path]:
    try:
        with talking(workspace):
            repository = get_artifact_repository(location)
        if isinstance(repository, LocalArtifactRepository):
            yield Path(repository.artifact_dir)
            return
        with tempfile.TemporaryDirectory() as scratch:
            with talking(workspace):
                repository.download_artifacts("", scratch)
            yield Path(scratch)
    except MlflowException as error:
        raise StoreError("artifacts can't be read", where=location, why=str(error)) from error
