"""How a version does now: its primary metric on the last complete window, beside the floor it had at training."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.workspace import Workspace
from models.artifact_cache import EVALUATION, MODEL
from models.intervals import Interval, bootstrap
from models.kinds import FittedModel, Kind
from models.registry import Registry
from models.version import Version
from monitoring.results import Performance


@dataclass(frozen=True)
class Window:
    """A window that has passed, and the model of the version that knows nothing of it."""

    as_of: date
    until: date
    model: FittedModel


def last_window(registry: Registry, kind: Kind[Any], version: Version, as_of: date) -> Window | None:
    """The last window that is complete at `as_of`, with the served model, or the evaluation model where the served
    one has seen it; None where both have.
    """
    start = as_of - timedelta(days=kind.horizon_days(registry.workspace.settings))
    if version.as_of <= start:
        folder = MODEL
    elif version.evaluated_from <= start:
        folder = EVALUATION
    else:
        return None
    return Window(start, as_of, kind.load(registry.fetch(version) / folder))


def measure(workspace: Workspace, kind: Kind[Any], version: Version, window: Window) -> Performance:
    """The primary metric on the window, with its interval."""
    frame = kind.evaluate(workspace, window.model, window.as_of)
    found = bootstrap(frame, kind.statistics[kind.primary], seed=workspace.settings.seed)
    return _performance(kind, version, window, found, len(frame))


def _performance(kind: Kind[Any], version: Version, window: Window, found: Interval, units: int) -> Performance:
    floor = version.baselines.get(version.best_baseline, {}).get(kind.primary)
    return Performance(
        metric=kind.primary,
        higher_is_better=kind.higher_is_better,
        value=found.value,
        low=found.low,
        high=found.high,
        floor=floor.value if floor else None,
        floor_name=version.best_baseline,
        as_of=window.as_of,
        until=window.until,
        units=units,
        trained_as_of=window.model.trained_as_of,
        of_evaluation=window.as_of == version.evaluated_from,
    )
