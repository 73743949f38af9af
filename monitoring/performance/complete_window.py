"""The last window whose outcomes are known, and the model of a version that knows nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from models.artifact_cache import BASELINE, EVALUATION, MODEL
from models.kinds import FittedModel, Kind
from models.registry import Registry
from models.version import Version


@dataclass(frozen=True)
class CompleteWindow:
    """A window that has passed, and the model of the version that knows nothing of it.

    `baseline` is the folder of the version's best baseline, fitted on what that model was; None where there is none.
    """

    as_of: date
    until: date
    model: FittedModel
    baseline: Path | None


def last_window(registry: Registry, kind: Kind[Any], version: Version, as_of: date) -> CompleteWindow | None:
    """The last window that is complete at `as_of`, with the served model, or the evaluation model where the served
    one has seen it; None where both have.
    """
    start = as_of - timedelta(days=kind.horizon_days(registry.workspace.settings))
    if version.as_of <= start:
        folder = registry.fetch(version)
        return CompleteWindow(start, as_of, kind.load(folder / MODEL), folder / BASELINE)
    if version.evaluated_from <= start:
        return CompleteWindow(start, as_of, kind.load(registry.fetch(version) / EVALUATION), None)
    return None


def opens_on(registry: Registry, kind: Kind[Any], version: Version) -> date:
    """The first day on which a window is complete that the version has not seen."""
    return version.evaluated_from + timedelta(days=kind.horizon_days(registry.workspace.settings))
