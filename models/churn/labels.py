"""Who is scored and who has left.

Population as of D: customers with any order line in the `active_days` before D who allow profiling.
Churned: no order line at all in the `horizon_days` from D on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from core import query_engine
from core.consents import Consents
from core.errors import DataError
from core.workspace import Workspace
from models.origins import evaluated_from

_EXAMPLES = """
    with days as (
        select distinct customer_id, "day" from orders
        where customer_id is not null and "day" < $labels_until
    )
    select customer_id, origin as as_of, not bool_or("day" >= origin) as churned
    from days join (select unnest($origins) as origin)
        on "day" >= origin - to_days($active) and "day" < origin + to_days($horizon)
    group by customer_id, origin
    having bool_or("day" < origin)
    order by origin, customer_id
"""


def active(workspace: Workspace, as_of: date) -> list[str]:
    """The population as of a date, in the order of their ids."""
    frame = _query(workspace, [as_of], as_of)
    return list(_allowed(workspace, frame, as_of)["customer_id"])


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
    frame = _query(workspace, origins, labels_until)
    return _allowed(workspace, frame, labels_until).astype({"churned": int})


def _query(workspace: Workspace, origins: Sequence[date], labels_until: date) -> pd.DataFrame:
    settings = workspace.settings
    values = {
        "origins": list(origins),
        "labels_until": labels_until,
        "active": settings.churn.active_days,
        "horizon": settings.churn.horizon_days,
    }
    with query_engine.on_tables(workspace) as connection:
        frame: pd.DataFrame = connection.execute(_EXAMPLES, values).df()
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]).dt.date)


def _allowed(workspace: Workspace, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    refused = Consents.load(workspace, as_of).refused(frame["customer_id"].unique(), "profiling")
    return frame[~frame["customer_id"].isin(refused)].reset_index(drop=True)
