"""The drift of a version since its training: of its last look where it is watched, else looked at once, unkept."""

from __future__ import annotations

from datetime import date
from typing import Any

from core import clock
from core.errors import RegularsError
from core.workspace import Workspace
from models.kinds import Kind, names
from models.registry import Registry
from models.version import Version
from monitoring import frames
from monitoring.drift import watching
from monitoring.error_budget import ErrorBudget
from monitoring.results import DriftResult
from monitoring.summary import Summaries


def of(workspace: Workspace, kind: Kind[Any], version: Version) -> tuple[date, DriftResult] | None:
    """The day that was looked at, and what was found; None where the version or the shop is too young."""
    latest = Summaries(workspace).latest()
    entry = latest.model(kind.name) if latest else None
    if latest and entry and entry.version == version.version and entry.drift:
        return latest.as_of, entry.drift
    as_of = latest.as_of if latest else clock.present(workspace)
    found = _looked_at(workspace, kind, version, as_of) if as_of > version.as_of else None
    return (as_of, found) if found else None


def _looked_at(workspace: Workspace, kind: Kind[Any], version: Version, as_of: date) -> DriftResult | None:
    """Its features alone, at the level of a first look: it spends nothing of the budget, as it raises nothing."""
    level = ErrorBudget.configured(workspace.settings.rules).level("drift", (), as_of, len(names()))
    registry = Registry(workspace)
    watch = watching.DriftWatch(workspace, registry, kind, version, as_of, None, None, {}, level, keeps=False)
    try:
        return watching.measure(watch, frames.origins(registry, version, kind.horizon_days(workspace.settings)))
    except RegularsError:  # a snapshot that can't be made: the comparison says the rest
        return None
