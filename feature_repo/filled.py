"""What the online store was last filled with: a note beside it, readable without importing Feast."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet as pq

from core import utc
from core.errors import NotReady
from core.files import write_atomically
from core.workspace import Workspace
from feature_repo import catalog, partitions

NOTE = "online.json"


@dataclass(frozen=True)
class Filled:
    """The date, the rows of each view, the transforms (see `partitions.transform_hash`) they were made by, and when."""

    as_of: str
    rows: Mapping[str, int]
    transforms: Mapping[str, str]
    at: str


def path(workspace: Workspace) -> Path:
    """The note; it changes whenever the store is filled."""
    return workspace.feast_dir / NOTE


def as_of(workspace: Workspace) -> date | None:
    """The date the online store was last filled for; None before the first time."""
    note = _read(workspace)
    return date.fromisoformat(note.as_of) if note else None


def at(workspace: Workspace) -> datetime | None:
    """When it was last filled (UTC); None before the first time."""
    note = _read(workspace)
    return utc.parse(note.at) if note else None


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
    note = _read(workspace)
    return note is not None and note.as_of == day.isoformat() and note.transforms == _transforms(workspace)


def remember(workspace: Workspace, day: date, rows: Mapping[str, int]) -> None:
    """Note what the store was filled with just now."""
    for name, view in catalog.VIEWS.items():
        snapshot = pq.read_table(partitions.partition(workspace, name, day), columns=[view.key], partitioning=None)
        buffer = io.BytesIO()
        pq.write_table(snapshot, buffer)
        write_atomically(_keys_file(workspace, name), buffer.getvalue())
    filled = Filled(day.isoformat(), dict(rows), _transforms(workspace), utc.text(precision="microseconds"))
    write_atomically(path(workspace), json.dumps(asdict(filled)))


def _read(workspace: Workspace) -> Filled | None:
    """What was remembered; a note of an earlier version of this software, which says less, counts as none."""
    try:
        return Filled(**json.loads(path(workspace).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _keys_file(workspace: Workspace, view: str) -> Path:
    return workspace.feast_dir / "online_keys" / f"{view}.parquet"


def _transforms(workspace: Workspace) -> dict[str, str]:
    return {name: partitions.transform_hash(workspace, view) for name, view in catalog.VIEWS.items()}
