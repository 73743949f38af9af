"""Where feature snapshots lie and what each was made from: what can be told of them without computing one.

`features/<view>/snapshot=YYYY-MM-DD/` holds `part.parquet` (the key, the features, `event_timestamp`: 00:00 of
the day in the shop's zone, as UTC) and `build.json` (what it was built from). A partition is stale when the
transforms or the settings they use have changed, or when it was made from other rows than those it may see.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.workspace import Workspace
from feature_repo import family_modules
from feature_repo.catalog import View
from feature_repo.settings_used import settings_used

PART = "part.parquet"
BUILD = "build.json"
SHARED = (
    "aggregates", "shop_tables", "feature_definition", "segment_rules", "families/windows", "families/clipping",
)  # fmt: skip
"""The modules that every family's values come from, beside its own."""


@dataclass(frozen=True)
class Build:
    """What a partition was made from (`build.json`)."""

    view: str
    snapshot: str
    transform: str
    data: str
    rows: int = 0
    seconds: float = 0.0
    built_at: str = ""


def partition(workspace: Workspace, view: str, day: date) -> Path:
    """The Parquet file of a snapshot, there or not."""
    return partition_in(workspace.features_dir.parent, view, day)


def partition_in(folder: Path, view: str, day: date) -> Path:
    """The same where a folder other than the workspace holds snapshots."""
    return folder / "features" / view / f"snapshot={day.isoformat()}" / PART


def is_fresh(workspace: Workspace, view: View, day: date, transform: str | None = None) -> bool:
    """Whether the snapshot is there, made by the current transforms from data that still hold."""
    build = read_build(workspace, view.name, day)
    return (
        build is not None
        and build.transform == (transform or transform_hash(workspace, view))
        and build.data == workspace.tables.digest(day)
    )


def read_build(workspace: Workspace, view: str, day: date) -> Build | None:
    """What the snapshot was made from; None where it is not there or not whole."""
    path = partition(workspace, view, day)
    try:
        return Build(**json.loads((path.parent / BUILD).read_text())) if path.exists() else None
    except (OSError, ValueError, TypeError):
        return None


def built_days(workspace: Workspace, view: str) -> list[date]:
    """The dates that have a snapshot, stale ones included."""
    folders = (workspace.features_dir / view).glob("snapshot=*")
    return sorted(date.fromisoformat(folder.name.partition("=")[2]) for folder in folders)


def transform_hash(workspace: Workspace, view: View) -> str:
    """A hash of the code and the settings the view's values come from."""
    files = [Path(__file__).parent / f"{module}.py" for module in SHARED]
    files += [family_modules.file(name) for name in view.family_names]
    content = [file.read_text() for file in files]
    content += [settings_used(workspace.settings), workspace.tables.timezone, view.name]
    return hashlib.sha256("\0".join(content).encode()).hexdigest()[:16]
