"""The frames that drift compares: features and predictions as of dates, as columns of numbers and codes.

Features come from the snapshots of the version's training dates, computed anew where they are not kept: no rows
of customers are stored with a model for it. The current side is the snapshot as of the run's date, which describes
its customers by what they did up to then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from core.errors import DataError, RegularsError, UsageError
from core.workspace import Workspace
from feature_repo import catalog, snapshots
from feature_repo.catalog import View
from models.kinds import FittedModel, Kind
from models.registry import Registry
from models.version import Version
from monitoring.drift import Comparison, sampled

MOST_ORIGINS = 6
STEP_DAYS = 28
MOST_CODES = 100
CHURN, DEMAND, RECOMMENDATION = "churn", "demand", "recommendation"


@dataclass(frozen=True)
class Predictions:
    """A model's predictions as of some dates; none for a date at which it could not predict."""

    files: Mapping[date, pd.DataFrame]

    def ids(self, day: date) -> set[str] | None:
        """The customers scored as of a date; None where the file is not one row per customer."""
        file = self.files.get(day)
        return set(file["customer_id"]) if file is not None and "churn_probability" in file else None


def origins(registry: Registry, version: Version, horizon_days: int) -> list[date]:
    """The snapshot dates of a version's training data, at most `MOST_ORIGINS`, oldest first.

    They are those that its training recorded (`extra.origins` of record.json), thinned out evenly; else every
    28th day back from the last date whose labels it could know.
    """
    last = version.as_of - timedelta(days=horizon_days)
    recorded = sorted(date.fromisoformat(day) for day in _recorded(registry, version))
    if len(recorded) > MOST_ORIGINS:
        step = (len(recorded) - 1) / (MOST_ORIGINS - 1)
        recorded = [recorded[round(i * step)] for i in range(MOST_ORIGINS)]
    first = registry.workspace.tables.first_day() + timedelta(days=STEP_DAYS)
    grid = [last - timedelta(days=STEP_DAYS * i) for i in reversed(range(MOST_ORIGINS))]
    return recorded or [day for day in grid if day > first] or [last]


def predictions(
    workspace: Workspace, kind: Kind, model: FittedModel, version: str, days: Sequence[date]
) -> Predictions:
    """The prediction file as of each date that the model can predict at."""
    files = {}
    for day in days:
        try:
            files[day] = kind.predict_file(workspace, model, day, version)
        except (UsageError, DataError):
            continue
    return Predictions(files)


def of_features(
    workspace: Workspace, kind: Kind, reference: Sequence[date], as_of: date, scored: Predictions
) -> list[Comparison]:
    """One comparison per feature view of the kind, over the customers it scores where that is known."""
    return [_of_view(workspace, view, reference, as_of, scored) for view in catalog.service(kind.service)]


def of_predictions(kind: str, scored: Predictions, as_of: date, seed: int) -> Comparison | None:
    """The predictions as of the run's date beside earlier ones; None where there is nothing to compare."""
    columns = {day: sampled(prediction_columns(kind, file), seed) for day, file in scored.files.items()}
    current = columns.pop(as_of, None)
    return Comparison(columns, current, as_of) if columns and current is not None else None


def prediction_columns(kind: str, file: pd.DataFrame) -> pd.DataFrame:
    """What of a prediction file is compared: one number per customer or series."""
    if kind == CHURN:
        return file[["churn_probability"]].reset_index(drop=True)
    if kind == RECOMMENDATION:
        return file.groupby("customer_id")["score"].mean().rename("list_score").reset_index(drop=True).to_frame()
    keys = list(file.columns[: list(file.columns).index("date")])
    return file.groupby(keys)["mean"].sum().rename("forecast_total").reset_index(drop=True).to_frame()


def side_by_side(comparisons: Sequence[Comparison]) -> tuple[pd.DataFrame, pd.DataFrame, frozenset[str]]:
    """Current, reference and codes of all comparisons in one frame each; shorter columns end in missing values."""
    current = pd.concat([each.current.reset_index(drop=True) for each in comparisons], axis=1)
    reference = pd.concat([each.pooled for each in comparisons], axis=1)
    return current, reference, frozenset().union(*(each.codes for each in comparisons))


def _of_view(
    workspace: Workspace, view: View, reference: Sequence[date], as_of: date, scored: Predictions
) -> Comparison:
    snapshots.ensure(workspace, view.name, [*reference, as_of])
    seed = workspace.settings.seed
    frames = {day: sampled(_read(workspace, view, day, scored.ids(day)), seed) for day in [*reference, as_of]}
    current = frames[as_of] if as_of not in reference else frames[as_of].copy()
    codes = frozenset(f.name for f in view.features if (f.dtype == "text" or f.unit == "code"))
    kept = [name for name in current if name not in codes or current[name].nunique() <= MOST_CODES]
    return Comparison({day: frames[day][kept] for day in reference}, current[kept], as_of, codes & set(kept))


def _read(workspace: Workspace, view: View, day: date, ids: set[str] | None) -> pd.DataFrame:
    """The snapshot's numbers and codes; of a packed feature the number of its entries."""
    frame = pd.read_parquet(snapshots.partition(workspace, view.name, day), partitioning=None)
    if ids is not None and view.key == "customer_id":
        frame = frame[frame["customer_id"].isin(ids)]
    columns = {}
    for feature in view.features:
        if feature.dtype in ("float", "int", "text"):
            columns[feature.name] = frame[feature.name]
    packed = next((f.name for f in view.features if f.dtype in ("floats", "ints", "texts")), None)
    if packed:
        columns[f"{packed} (entries)"] = frame[packed].map(len, na_action="ignore").astype(float)
    return pd.DataFrame(columns).reset_index(drop=True)


def _recorded(registry: Registry, version: Version) -> list[str]:
    try:
        return list(json.loads(registry.read_text(version, "record.json")).get("extra", {}).get("origins", []))
    except RegularsError:
        return []
