"""Makes two versions' side by side, each scored once."""

from __future__ import annotations

from typing import Any

from core.progress import current
from core.workspace import Workspace
from models import comparison
from models.kinds import Kind
from models.registry import Registry
from monitoring.kinds import monitor
from monitoring.side_by_side import beside, drift_since
from monitoring.side_by_side.beside import DriftSince, SideBySide


def make(workspace: Workspace, kind: Kind[Any], a: str, b: str) -> SideBySide:
    """Statistics, slices, fairness, drift, changed answers and what each leans on.

    Raises:
        UsageError: no such version, or twice the same.
        StoreError: one of them is damaged.
        DataError: no unit is scored by both.
    """
    both = comparison.sides(workspace, kind, a, b)
    compared = comparison.compare(workspace, both)
    watching, registry = monitor(kind), Registry(workspace)
    versions = both.a.version, both.b.version
    fair = [registry.fairness(version) for version in versions]
    current().step("looking what has moved since each was trained")
    moved = [drift_since.of(workspace, kind, version) for version in versions]
    drifts = [found[1] if found else None for found in moved]
    since = [
        DriftSince(version.as_of, found[0], len(found[1].columns), len(found[1].drifted)) if found else None
        for version, found in zip(versions, moved, strict=True)
    ]
    windows = [f"{each.as_of} {each.until}" if each else "" for each in fair]
    return SideBySide(
        compared,
        watching.changes(workspace, both.a.frame, both.b.frame),
        fairness=beside.fairness(fair[0], fair[1]),
        measured=(windows[0], windows[1]),
        drift=(since[0], since[1]),
        columns=beside.columns(drifts[0], drifts[1]),
        inputs=beside.inputs(*(dict(watching.leans_on(side.model)) for side in (both.a, both.b))),
    )
