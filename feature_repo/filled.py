"""What the online store was last filled with: a note beside it, readable without importing Feast."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq

from core.errors import NotReady
from core.files import write_atomically
from core.workspace import Workspace
from feature_repo import catalog, snapshots

NOTE = "online.json"


@dataclass(frozen=True)
class Filled:
    """The date, the rows of each view, and the transforms (see `snapshots.transform_hash`) they were made by."""

    as_of: str
    rows: Mapping[str, int]
    transforms: Mapping[str, str]


def path(workspace: Workspace) -> Path:
    """The note; its time of change is when the store was filled."""
    return workspace.feast_dir / NOTE


def as_of(workspace: Workspace) -> date | None:
    """The date the online store was last filled for; None before the first time."""
    note = path(workspace)
    return date.fromisoformat(json.loads(note.read_text())["as_of"]) if note.exists() else None


def at(workspace: Workspace) -> datetime | None:
    """When it was last filled (UTC); None before the first time."""
    note = path(workspace)
    return datetime.fromtimestamp(note.stat().st_mtime, UTC) if note.exists() else None


def keys(workspace: Workspace, view: str) -> list[str]:
    """The entities of a view that the store was filled with, which no online store can list.

    Raises:
        NotReady: it has not been filled, or by an earlier version of this software.
    """
    file = _keys_file(workspace, view)
    if not file.exists():
        raise NotReady("the online store has not been filled", todo="run: regulars materialize")
    return [str(each) for each in pq.read_table(file).column(0).to_pylist()]


def is_current(workspace: Workspace, day: date) -> bool:
    """Whether it shows the features as of `day` as the present transforms and settings make them."""
    note = path(workspace)
    if not note.exists():
        return False
    content = json.loads(note.read_text())
    return bool(content["as_of"] == day.isoformat() and content.get("transforms") == _transforms(workspace))


def remember(workspace: Workspace, day: date, rows: Mapping[str, int]) -> None:
    """Note what the store was filled with just now."""
    for name, view in catalog.VIEWS.items():
        snapshot = pq.read_table(snapshots.partition(workspace, name, day), columns=[view.key], partitioning=None)
        buffer = io.BytesIO()
        pq.write_table(snapshot, buffer)
        write_atomically(_keys_file(workspace, name), buffer.getvalue())
    filled = Filled(day.isoformat(), dict(rows), _transforms(workspace))
    write_atomically(path(workspace), json.dumps(asdict(filled)))


def _keys_file(workspace: Workspace, view: str) -> Path:
    return workspace.feast_dir / "online_keys" / f"{view}.parquet"


def _transforms(workspace: Workspace) -> dict[str, str]:
    return {name: snapshots.transform_hash(workspace, view) for name, view in catalog.VIEWS.items()}
