"""Who is scored and who has left.

Population as of D: customers active before D (`facts.churned`) who allow profiling.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from core.consents import Consents
from core.errors import DataError
from core.workspace import Workspace
from feature_repo import facts
from models.origins import evaluated_from


def active(workspace: Workspace, as_of: date) -> list[str]:
    """The population as of a date, in the order of their ids."""
    frame = facts.churned(workspace, [as_of], as_of)
    return list(_allowed(workspace, frame, as_of)["customer_id"])


def buying(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """What a buy-till-you-die model is fitted on: every customer ever seen before a date (`facts.repeat_buying`)."""
    return _allowed(workspace, facts.repeat_buying(workspace, as_of), as_of)


def examples(workspace: Workspace, origins: Sequence[date], labels_until: date) -> pd.DataFrame:
    """The populations of several origins with what became of them: customer_id, as_of (date), churned (int).

    Nothing at or after `labels_until` is looked at, and who did not allow profiling by then is left out.

    Raises:
        DataError: the label window of an origin is not over at `labels_until`.
    """
    horizon = workspace.settings.churn.horizon_days
    latest = evaluated_from(labels_until, horizon)
    if any(origin > latest for origin in origins):
        raise DataError(
            f"what became of customers after {max(origins)} is not known at {labels_until}",
            todo=f"the latest possible origin is {latest}",
        )
    frame = facts.churned(workspace, origins, labels_until)
    return _allowed(workspace, frame, labels_until).astype({"churned": int})


def _allowed(workspace: Workspace, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    refused = Consents.load(workspace, as_of).refused(frame["customer_id"].unique(), "profiling")
    return frame[~frame["customer_id"].isin(refused)].reset_index(drop=True)
