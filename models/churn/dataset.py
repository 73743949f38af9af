"""The tables the churn models are fitted, evaluated and run on: populations joined with their features."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.clock import day_start
from core.workspace import Workspace
from feature_repo import catalog, store
from feature_repo.feature_definition import Feature
from models.churn import labels
from models.origins import origins

SERVICE = "churn_v1"
STEP_DAYS = 14
MOST_ROWS = 200_000
DENSE_DAYS = 392
"""Origins further back than this before the newest are taken more rarely: a year and a month hold every season."""
RARE = 4
"""Of those, every so-many-th."""


def features() -> tuple[Feature, ...]:
    """The data dictionary of the feature service, in order."""
    return tuple(feature for view in catalog.service(SERVICE) for feature in view.features)


def known_origins(workspace: Workspace, labels_until: date) -> list[date]:
    """The origins with a whole population before them and labels known at `labels_until`, oldest first.

    They are STEP_DAYS apart, and those more than DENSE_DAYS before the newest RARE times as far: a history of many
    years costs little more than one of two.
    """
    settings = workspace.settings.churn
    first = workspace.tables.first_day() + timedelta(days=settings.active_days)
    every = origins(first, labels_until, settings.horizon_days, STEP_DAYS)
    dense = DENSE_DAYS // STEP_DAYS
    return sorted([*every[-dense:], *every[-dense - RARE :: -RARE]])


def labelled(workspace: Workspace, at: Sequence[date], labels_until: date) -> pd.DataFrame:
    """The populations at these origins with features and labels: customer_id, as_of, churned and a column per feature.

    Of more than MOST_ROWS rows a seeded sample is taken.
    """
    rows = labels.examples(workspace, at, labels_until)
    if len(rows) > MOST_ROWS:
        rng = np.random.default_rng(workspace.settings.seed)
        rows = rows.iloc[np.sort(rng.choice(len(rows), MOST_ROWS, replace=False))].reset_index(drop=True)
    return with_features(workspace, rows)


def unlabelled(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """The population as of a date with its features: customer_id, as_of and a column per feature."""
    rows = pd.DataFrame({"customer_id": labels.active(workspace, as_of)}, dtype="object")
    return with_features(workspace, rows.assign(as_of=as_of))


def with_features(workspace: Workspace, rows: pd.DataFrame) -> pd.DataFrame:
    """Add the features as of each row's `as_of`, through the feature store's point-in-time join."""
    names = [feature.name for feature in features()]
    if rows.empty:
        return rows.assign(**{name: pd.Series(dtype=float) for name in names})
    zone = workspace.tables.timezone
    moments = {day: pd.Timestamp(day_start(day, zone)) for day in rows["as_of"].unique()}
    found = store.historical(workspace, SERVICE, rows.assign(event_timestamp=rows["as_of"].map(moments)))
    return found.drop(columns="event_timestamp")
