"""Who is scored and who has left.

Population as of D: customers active before D (`facts.churned`) who allow profiling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from core.consents import Consents
from core.errors import DataError
from core.workspace import Workspace
from feature_repo import facts
from feature_repo.facts import DrawnRows
from models.origins import evaluated_from


def active(workspace: Workspace, as_of: date) -> list[str]:
    """The population as of a date, in the order of their ids."""
    return list(population(workspace, as_of, None).frame["customer_id"])


def population(workspace: Workspace, as_of: date, most: int | None) -> DrawnRows:
    """The same with how many there are: customer_id, ...; of more than `most` so many, drawn by chance."""
    return _drawn(workspace, [as_of], as_of, most)


def buying(workspace: Workspace, as_of: date, most: int | None = None) -> pd.DataFrame:
    """What a buy-till-you-die model is fitted on: every customer ever seen before a date (`facts.repeat_buying`)."""
    frame = facts.repeat_buying(workspace, as_of, most)
    refused = Consents.load(workspace, as_of).refused(frame["customer_id"], "profiling")
    return frame[~frame["customer_id"].isin(refused)].reset_index(drop=True)


def examples(workspace: Workspace, origins: Sequence[date], labels_until: date) -> pd.DataFrame:
    """The populations of several origins with what became of them: customer_id, as_of (date), churned (int).

    Nothing at or after `labels_until` is looked at, and who did not allow profiling by then is left out.

    Raises:
        DataError: the label window of an origin is not over at `labels_until`.
    """
    return some_examples(workspace, origins, labels_until, None).frame


def some_examples(workspace: Workspace, origins: Sequence[date], labels_until: date, most: int | None) -> DrawnRows:
    """The same; of more than `most` rows so many, drawn by chance: each origin has about its share of them.

    Raises:
        DataError: as `examples`.
    """
    horizon = workspace.settings.churn.horizon_days
    latest = evaluated_from(labels_until, horizon)
    if any(origin > latest for origin in origins):
        raise DataError(
            f"what became of customers after {max(origins)} is not known at {labels_until}",
            todo=f"the latest possible origin is {latest}",
        )
    found = _drawn(workspace, origins, labels_until, most)
    return replace(found, frame=found.frame.astype({"churned": int}))


def _drawn(workspace: Workspace, origins: Sequence[date], known_at: date, most: int | None) -> DrawnRows:
    """Active customers at each origin who allow profiling as of `known_at`."""
    consents, refused = Consents.load(workspace, known_at), set[str]()
    if consents.tracked and origins:
        since = min(origins) - timedelta(days=workspace.settings.churn.active_days)
        refused = consents.refused(facts.buyers(workspace, since, max(origins)), "profiling")
    return facts.churned_of_some(workspace, origins, known_at, most, refused)
