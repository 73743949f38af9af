"""Whose value is told, and what became of them.

Population as of D: customers with a purchase in the `SEEN_DAYS` before D who allow profiling.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from core.consents import Consents
from core.workspace import Workspace
from feature_repo import facts

SEEN_DAYS = 364
EVER = 36_500
HORIZONS = (28, 90, 365)
SHORTEST = HORIZONS[0]
TARGETS = ("spend", "visits")


def outcomes(workspace: Workspace, origins: Sequence[date], until: date, *, seen_days: int = SEEN_DAYS) -> pd.DataFrame:
    """The populations of several origins with what became of them, as far as is known at `until`.

    customer_id, as_of (date), spend_<n>d and visits_<n>d of each horizon (missing where its window is not over),
    next_in (days to the next purchase, 1: on the origin; missing: none yet), followed (days known of).
    Who did not allow profiling by `until` is left out.
    """
    frame = facts.later_purchases(workspace, origins, seen_days, HORIZONS, until)
    refused = Consents.load(workspace, until).refused(frame["customer_id"].unique(), "profiling")
    return known_at(frame[~frame["customer_id"].isin(refused)], until)


def known_at(frame: pd.DataFrame, until: date) -> pd.DataFrame:
    """Outcomes as they were known at an earlier day."""
    followed = np.array([(until - origin).days for origin in frame["as_of"]], dtype=float)
    changes = {name: frame[name].where(followed >= days) for days in HORIZONS for name in columns_of(days)}
    told = frame["next_in"].where(frame["next_in"] <= followed).astype(float)
    return frame.assign(**changes, next_in=told, followed=followed).reset_index(drop=True)


def columns_of(days: int) -> list[str]:
    """The columns of a horizon's outcomes."""
    return [f"{target}_{days}d" for target in TARGETS]


def known(workspace: Workspace, as_of: date) -> list[str]:
    """The population as of a date, in the order of their ids."""
    return list(outcomes(workspace, [as_of], as_of)["customer_id"])
