"""The frames that drift compares: features and predictions as of dates, as columns of numbers and codes.

Features come from the snapshots of the version's training dates, computed anew where they are not kept: no rows
of customers are stored with a model for it. The current side is the snapshot as of the run's date, which describes
its customers by what they did up to then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from core.errors import RegularsError
from core.workspace import Workspace
from feature_repo import catalog, snapshots
from feature_repo.catalog import View
from models.kinds import FittedModel, Kind
from models.registry import Registry
from models.version import Version
from monitoring.drift import reading
from monitoring.drift.drawn_columns import ColumnComparison, sampled
from monitoring.kinds import Predictions, monitor

MOST_ORIGINS = 6
STEP_DAYS = 28
MOST_CODES = 100


def origins(registry: Registry, version: Version, horizon_days: int) -> list[date]:
    """The latest snapshot dates of a version's training data, `STEP_DAYS` apart, at most `MOST_ORIGINS`; oldest first.

    They are among those that its training recorded (`extra.origins` of record.json); without a record, counted back
    from the last date whose labels it could know.
    """
    last = version.as_of - timedelta(days=horizon_days)
    first = registry.workspace.tables.first_day() + timedelta(days=STEP_DAYS)
    grid = [last - timedelta(days=STEP_DAYS * back) for back in range(MOST_ORIGINS)]
    recorded = [date.fromisoformat(day) for day in _recorded(registry, version)]
    chosen = [day for day in recorded or grid if first < day <= last] or [last]
    return _apart(sorted(chosen, reverse=True))[::-1]


def _apart(latest_first: Sequence[date]) -> list[date]:
    """Those that lie at least `STEP_DAYS` before the one taken last."""
    taken = [latest_first[0]]
    for day in latest_first[1:]:
        if taken[-1] - day >= timedelta(days=STEP_DAYS) and len(taken) < MOST_ORIGINS:
            taken.append(day)
    return taken


def predictions(
    workspace: Workspace, kind: Kind[Any], model: FittedModel, version: Version, as_of: date
) -> Predictions | None:
    """The predictions to compare; None where the model knows more than `as_of` allows."""
    if version.as_of > as_of:
        return None
    before = kind.predict_file(workspace, model, version.as_of, version.version)
    if version.as_of == as_of:
        return Predictions(before, before, version.as_of)
    return Predictions(kind.predict_file(workspace, model, as_of, version.version), before, version.as_of)


def of_features(
    workspace: Workspace, kind: Kind[Any], reference: Sequence[date], as_of: date
) -> list[ColumnComparison]:
    """One comparison per feature view of the kind, over the entities that its monitor names."""
    return [_of_view(workspace, kind, view, [*reference, as_of]) for view in catalog.service(kind.service)]


def of_predictions(kind: Kind[Any], scored: Predictions, as_of: date, seed: int) -> ColumnComparison:
    """The predictions now beside those of the day the model was trained."""
    columns = monitor(kind).prediction_columns
    now, before = (sampled(columns(file), seed) for file in (scored.now, scored.before))
    return ColumnComparison({scored.before_day: before}, now, as_of)


def side_by_side(
    comparisons: Sequence[ColumnComparison], columns: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, frozenset[str]]:
    """Current, reference and codes of these columns in one frame each; shorter columns end in missing values."""
    current = pd.concat([each.current.reset_index(drop=True) for each in comparisons], axis=1)
    reference = pd.concat([each.pooled for each in comparisons], axis=1)
    codes = frozenset().union(*(each.codes for each in comparisons)) & set(columns)
    return current[list(columns)], reference[list(columns)], codes


def _of_view(workspace: Workspace, kind: Kind[Any], view: View, days: Sequence[date]) -> ColumnComparison:
    """The last of the days beside the others."""
    snapshots.ensure(workspace, view.name, days)
    frames = {day: _read(workspace, kind, view, day) for day in days}
    *reference, as_of = days
    current = frames[as_of]
    codes = reading.codes(view)
    kept = [name for name in current if name not in codes or current[name].nunique() <= MOST_CODES]
    return ColumnComparison(
        {day: frames[day][kept] for day in reference}, current[kept], as_of, frozenset(codes & set(kept)), view.name
    )


def _read(workspace: Workspace, kind: Kind[Any], view: View, day: date) -> pd.DataFrame:
    """A sample of the snapshot's numbers and codes."""
    with snapshots.kept(workspace, [view.name], [day]):
        columns = reading.open_snapshot(workspace, kind, view, day)
        rows = sampled(pd.DataFrame(index=range(len(columns))), workspace.settings.seed).index
        return columns.rows(reading.names(view), rows.to_numpy(dtype="int64"))


def _recorded(registry: Registry, version: Version) -> list[str]:
    try:
        return list(json.loads(registry.read_text(version, "record.json")).get("extra", {}).get("origins", []))
    except RegularsError:
        return []
