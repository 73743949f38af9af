"""Who is in which group and stage as of a day, computed from the facts before it: one row per customer.

Nothing is kept from day to day, so a history is the same function of its days, and can't disagree with the tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import pandas as pd

from core.consents import Consents
from core.progress import current
from core.workspace import Workspace, of_one_generation
from feature_repo import snapshots
from feature_repo.catalog import CUSTOMER, View, everyone
from feature_repo.segment_rules import GROUPS, STAGES
from feature_repo.standing_features import GROUP, RFM, STAGE
from models.segments.health import PARTS, health
from models.segments.told_scores import SCORES, told_scores

MEMBERSHIP: Final = View(
    "segment_membership",
    CUSTOMER,
    "group and stage",
    ("rfm", "recency", "frequency", "money"),
    everyone,
    open=False,
)
STANDING: Final = View(
    "segment_standing",
    CUSTOMER,
    "group, stage, and what health is made of",
    (*MEMBERSHIP.listed, "tenure", "gaps", "trend", "interactions", "reviews", "tickets", "troubles", "deliveries"),
    everyone,
    open=False,
)
"""Not kept as snapshots: only the families that are needed, so that a year of days takes seconds."""


def members(workspace: Workspace, day: date) -> pd.DataFrame:
    """Everybody who bought before `day` and may be profiled, by customer_id: as_of, `group`, `stage` and `RFM`.

    Who has refused profiling, before that day or since, is in no row, though the others' scores count every buyer.

    Raises:
        NotReady: nothing has been ingested.
    """
    return memberships(workspace, [day])[day]


@of_one_generation
def memberships(workspace: Workspace, days: Iterable[date]) -> dict[date, pd.DataFrame]:
    """`members` of several days."""
    return {day: _told(frame, day) for day, frame in _computed(workspace, MEMBERSHIP, days).items()}


@of_one_generation
def standing(workspace: Workspace, day: date) -> pd.DataFrame:
    """`members` with the scores of RFM-X and the health index with the points of its parts; missing: not told."""
    features = _computed(workspace, STANDING, [day])[day]
    columns: dict[str, Any] = {name: features[name].to_numpy() for name in features.columns}
    found = health(columns, workspace.settings)
    told = {name: score for name, score in told_scores(columns).items() if name in SCORES}
    points = {f"health_{part}": found.points[part].round(2) for part in PARTS}
    return _told(features, day).assign(**told, health=found.index.round(2), **points)


def _computed(workspace: Workspace, view: View, days: Iterable[date]) -> dict[date, pd.DataFrame]:
    now, tracked = Consents.load(workspace), current().track(list(days), "customers by group")
    return {
        day: _allowed(frame, Consents.load(workspace, day), now)
        for day, frame in snapshots.passing(workspace, view, tracked)
    }


def _allowed(frame: pd.DataFrame, *choices: Consents) -> pd.DataFrame:
    refused = {who for each in choices for who in each.refused(frame["customer_id"], "profiling")}
    return frame[~frame["customer_id"].isin(refused)].sort_values("customer_id").reset_index(drop=True)


def _told(features: pd.DataFrame, day: date) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": features["customer_id"].astype(str),
            "as_of": day,
            "group": features[GROUP].map(GROUPS),
            "stage": features[STAGE].map(STAGES),
            **{name: features[feature] for name, feature in RFM.items()},
        }
    )
