"""The tables the value models are fitted, evaluated and run on: populations joined with their features."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.workspace import Workspace
from feature_repo.families import recency
from models.churn.dataset import SERVICE, STEP_DAYS, features, with_features
from models.origins import origins
from models.value.labels import EVER, SEEN_DAYS, SHORTEST, outcomes

__all__ = ["SERVICE", "STEP_DAYS", "active", "everyone", "features", "known_origins", "labelled", "with_features"]

WARM_DAYS = 28
"""Days of purchases that an origin needs before it."""
MOST_ROWS = 120_000


def known_origins(workspace: Workspace, until: date) -> list[date]:
    """Every origin with some history before it whose shortest window is over at `until`, oldest first."""
    first = workspace.tables.first_day() + timedelta(days=WARM_DAYS)
    return origins(first, until, SHORTEST, STEP_DAYS)


def labelled(workspace: Workspace, at: Sequence[date], until: date) -> pd.DataFrame:
    """The populations at these origins with outcomes (see `labels.outcomes`) and a column per feature.

    Of more than MOST_ROWS rows a seeded sample is taken; the rows of the last origin are all kept.
    """
    rows = outcomes(workspace, at, until)
    spare = np.flatnonzero((rows["as_of"] != max(at)).to_numpy())
    room = max(MOST_ROWS - (len(rows) - len(spare)), 0)
    if len(spare) > room:
        kept = np.ones(len(rows), dtype=bool)
        kept[np.random.default_rng(workspace.settings.seed).choice(spare, len(spare) - room, replace=False)] = False
        rows = rows[kept].reset_index(drop=True)
    return with_features(workspace, rows)


def everyone(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """All customers ever seen before a date who allow profiling, with their features: customer_id, as_of, ..."""
    rows = outcomes(workspace, [as_of], as_of, seen_days=EVER)[["customer_id", "as_of"]]
    return with_features(workspace, rows)


def active(everyone_: pd.DataFrame) -> pd.DataFrame:
    """Those of them who belong to the population: with a purchase in the last `SEEN_DAYS`."""
    return everyone_[everyone_[recency.DAYS_SINCE_LAST_VISIT.name] <= SEEN_DAYS].reset_index(drop=True)
