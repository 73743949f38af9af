"""When somebody last looked what comes of the experiments: kept on the machine with the tables, where looks happen."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from core import files, utc
from core.workspace import Workspace

FILE = "experiments.looked"


def remember(workspace: Workspace) -> None:
    """Every experiment was looked at just now."""
    workspace.models_dir.mkdir(parents=True, exist_ok=True)
    files.write_atomically(_file(workspace), utc.text())


def last(workspace: Workspace) -> datetime | None:
    """When they were; None: never here."""
    try:
        return utc.parse(_file(workspace).read_text().strip())
    except (OSError, ValueError):
        return None


def _file(workspace: Workspace) -> Path:
    return workspace.models_dir / FILE
