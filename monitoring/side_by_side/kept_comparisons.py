"""Comparisons of two versions, kept: scoring both takes seconds, and nothing changes until data, settings or code do.

One file per pair under the workspace, written whole; one that was made of other data, or by another release, is made
anew in its place. It can be deleted at any time. Decisions don't rest on it: the quality gate compares for itself.
"""

from __future__ import annotations

import json
import threading
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from core import provenance
from core.files import write_atomically
from core.workspace import Workspace
from models import kinds
from models.fairness_result import EVIDENCE
from models.registry import Registry
from monitoring.side_by_side import making
from monitoring.side_by_side.beside import SideBySide
from monitoring.summary import Summaries

_FOLDER = "comparisons"
_making = threading.Lock()
"""One comparison at a time: whoever asks for the same one meanwhile is given what the first made."""


def kept(workspace: Workspace, kind: str, a: str, b: str) -> SideBySide | None:
    """The comparison of two versions (numbers or aliases), if it was made of the data and settings of now.

    Raises:
        UsageError: no such version.
    """
    path, key = _place(workspace, kind, a, b)
    return _read(path, key)


def made(workspace: Workspace, kind: str, a: str, b: str) -> SideBySide:
    """The comparison, made and kept where it was not.

    Raises:
        UsageError: no such version, or twice the same.
        StoreError: one of them is damaged.
        DataError: no unit is scored by both.
    """
    with _making, workspace.pinned() as pinned:
        path, key = _place(pinned, kind, a, b)
        found = _read(path, key)
        if found is None:
            found = making.make(pinned, kinds.kind(kind), a, b)
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, json.dumps({"key": key, "side_by_side": _adapter().dump_python(found, mode="json")}))
    return found


def _place(workspace: Workspace, kind: str, a: str, b: str) -> tuple[Path, str]:
    """Where it lies, and a digest of what it was made of."""
    registry = Registry(workspace)
    first, second = (registry.version(kind, name) for name in (a, b))
    settings, looks = workspace.settings, Summaries(workspace).looks()
    made_of = (
        workspace.tables.generation,
        [(version.run_id, version.tags.get(EVIDENCE)) for version in (first, second)],
        looks[-1:],
        settings.seed,
        getattr(settings, kind, None),
        _code_version(),
    )
    path = workspace.root / _FOLDER / f"{kind}-{first.version}-{second.version}.json"
    return path, sha256(repr(made_of).encode()).hexdigest()


@cache
def _code_version() -> str:
    """Asked of Git once a process: the code that runs is that of its start."""
    return provenance.code_version()


def _read(path: Path, key: str) -> SideBySide | None:
    """What is kept, if it is whole and made of the same."""
    try:
        content: Any = json.loads(path.read_text())
        return _adapter().validate_python(content["side_by_side"]) if content["key"] == key else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


@cache
def _adapter() -> TypeAdapter[SideBySide]:
    return TypeAdapter(SideBySide)
