"""Verified local copies of versions, in `models/<kind>/<version>/`: they serve when the registry is down.

A copy is checked against its own manifest, and the manifest against the seal that the registry keeps as a tag:
neither a damaged file nor an exchanged folder gets through.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from core.errors import StoreError
from core.files import replace_directory, sha256, staging_directory, write_atomically
from core.workspace import Workspace
from models import artifact
from models.version import Version

PACKAGE = "version"  # the folder of a version's own files inside its MLflow model
MODEL, EVALUATION, BASELINE = "model", "evaluation", "baseline"
_KEPT_STATES = 5


@dataclass(frozen=True)
class ServingState:
    """What the endpoints of a kind answer from: a directory for `Kind.load`, and where it comes from.

    `mode` is `baseline` where there is no champion and the quality gate refused: answers then say
    `"fallback": "baseline"`.
    """

    kind: str
    version: str
    directory: Path
    alias: str
    mode: Literal["model", "baseline"]
    seal: str

    @property
    def root(self) -> Path:
        """The version's whole local copy."""
        return self.directory.parent


class ArtifactCache:
    """The versions that a workspace has fetched."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def path(self, kind: str, version: str) -> Path:
        """Where the copy of a version lies."""
        return self._workspace.models_dir / kind / version

    def fetch(self, version: Version) -> Path:
        """The verified local copy; made again from the registry where it is missing or damaged.

        Raises:
            StoreError: the registry's own copy is missing or damaged, or its store does not give it; it names the
                version.
        """
        target = self.path(version.kind, version.version)
        if target.is_dir() and _problem(target, version.seal) is None:
            return target
        with staging_directory(target) as staging:
            self._download(version, staging)
            problem = _problem(staging / PACKAGE, version.seal)
            if problem:
                raise damaged(version, problem)
            replace_directory(staging / PACKAGE, target)
        return target

    def _download(self, version: Version, target: Path) -> None:
        from mlflow.exceptions import MlflowException
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        from models.mlflow_store import talking  # it imports MLflow, which takes seconds

        try:
            with talking(self._workspace):
                get_artifact_repository(version.location).download_artifacts(f"artifacts/{PACKAGE}", str(target))
        except (MlflowException, StoreError) as error:
            reason = error.why if isinstance(error, StoreError) else str(error)
            is_elsewhere = urlsplit(version.location).scheme not in {"", "file"}
            raise (not_fetched if is_elsewhere else damaged)(version, reason or "its files can't be read") from error
        if not (target / PACKAGE).is_dir():
            _adopt(target)

    def remember(self, state: ServingState) -> None:
        """Note that this state was verified and served, for a start without the registry."""
        states = [known for known in self._remembered(state.kind) if known != state]
        rows = [state_row(entry) for entry in [state, *states][:_KEPT_STATES]]
        write_atomically(self._note(state.kind), json.dumps(rows, indent=1) + "\n")

    def last_good(self, kind: str) -> ServingState | None:
        """The state that served last whose local copy is still whole."""
        return next(self.whole(kind), None)

    def whole(self, kind: str) -> Iterator[ServingState]:
        """The states that served whose local copies are still whole, the latest first."""
        return (state for state in self._remembered(kind) if self.is_whole(state))

    def is_whole(self, state: ServingState) -> bool:
        """Whether the local copy is what training sealed."""
        return _problem(state.root, state.seal) is None

    def _remembered(self, kind: str) -> list[ServingState]:
        try:
            rows = json.loads(self._note(kind).read_text())
            return [read_state(self._workspace, row) for row in rows]
        except (OSError, ValueError, TypeError, KeyError):
            return []

    def _note(self, kind: str) -> Path:
        return self._workspace.models_dir / kind / "serving.json"


def not_fetched(version: Version, reason: str) -> StoreError:
    """The error of a version whose files a server does not give: what is in them nobody has seen."""
    return StoreError(
        f"{version} can't be fetched: the artifact store does not give its files",
        where=version.location,
        why=reason,
        todo="see that the store answers and has them: regulars doctor; it is tried again",
    )


def damaged(version: Version, reason: str) -> StoreError:
    """The error of a version whose files are not what training sealed."""
    return StoreError(
        f"{version} is damaged",
        where=version.location,
        why=reason,
        todo=f"restore its files, or go on with another version: regulars rollback {version.kind}, "
        f"or regulars train {version.kind}",
    )


def seal_of(directory: Path) -> str:
    """The seal of a version's folder: the SHA-256 of its manifest."""
    return sha256(directory / artifact.MANIFEST)


def _problem(directory: Path, seal: str) -> str | None:
    try:
        artifact.verify(directory)
        same = seal_of(directory) == seal
    except StoreError as error:
        return error.what
    except OSError as error:
        return str(error)
    return None if same else "its manifest is not the one that training sealed"


def read_state(workspace: Workspace, row: dict[str, Any]) -> ServingState:
    """The state that `state_row` was given.

    Raises:
        KeyError, TypeError: it was not.
    """
    folder = MODEL if row["mode"] == "model" else BASELINE
    return ServingState(**row, directory=workspace.models_dir / row["kind"] / row["version"] / folder)


def state_row(state: ServingState) -> dict[str, Any]:
    """A state as a note keeps it."""
    return {name: value for name, value in asdict(state).items() if name != "directory"}


def _adopt(target: Path) -> None:
    """Some artifact stores give the folder with its path, others only its content."""
    nested = target / "artifacts" / PACKAGE
    if nested.is_dir():
        nested.replace(target / PACKAGE)
        return
    content = list(target.iterdir())
    (target / PACKAGE).mkdir()
    for path in content:
        path.replace(target / PACKAGE / path.name)
