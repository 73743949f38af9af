"""The tables the churn models are fitted, evaluated and run on: populations joined with their features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from core.clock import day_start
from core.workspace import Workspace
from feature_repo import catalog, store
from feature_repo.facts import DrawnRows
from feature_repo.feature_definition import Feature
from models.churn import labels
from models.origins import origins

SERVICE = "churn_v1"
STEP_DAYS = 14
MOST_ROWS = 200_000
"""Labelled rows of all origins together, and customers of a population: those read beyond are drawn by chance."""
SPARSE = 2.0
"""Where a row stands for so many or more, features of the rows drawn are computed without those of all customers."""
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

    Of more than MOST_ROWS rows so many are drawn by chance.
    """
    return some_labelled(workspace, at, labels_until).frame


def some_labelled(workspace: Workspace, at: Sequence[date], labels_until: date) -> DrawnRows:
    """The same, with how many rows there were."""
    drawn = labels.some_examples(workspace, at, labels_until, MOST_ROWS)
    return replace(drawn, frame=with_features(workspace, drawn.frame, sparse=drawn.weight >= SPARSE))


def unlabelled(workspace: Workspace, as_of: date, most: int | None = None) -> pd.DataFrame:
    """The population as of a date with its features: customer_id, as_of and a column per feature.

    Of more than `most` customers so many are drawn by chance.
    """
    drawn = labels.population(workspace, as_of, most)
    rows = drawn.frame[["customer_id"]].assign(as_of=as_of)
    return with_features(workspace, rows, sparse=drawn.weight >= SPARSE)


def with_features(workspace: Workspace, rows: pd.DataFrame, *, sparse: bool = False) -> pd.DataFrame:
    """Add the features as of each row's `as_of`, through the feature store's point-in-time join.

    `sparse`: the rows are few beside all customers, whose snapshots need not be built for them.
    """
    names = [feature.name for feature in features()]
    if rows.empty:
        return rows.assign(**{name: pd.Series(dtype=float) for name in names})
    zone = workspace.tables.timezone
    moments = {day: pd.Timestamp(day_start(day, zone)) for day in rows["as_of"].unique()}
    asked = rows.assign(event_timestamp=rows["as_of"].map(moments))
    found = (store.historical_of_some if sparse else store.historical)(workspace, SERVICE, asked)
    return found.drop(columns="event_timestamp")
