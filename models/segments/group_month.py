"""A group of customers in a month, as figures: light to import, for whoever only reads what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

By = Literal["group", "stage"]


@dataclass(frozen=True)
class GroupMonth:
    """A group (or stage) as of a day: its customers, their share of all, what they spent in the `churn.horizon_days`
    before, how many of them were active, and the share of these who bought nothing in the `churn.horizon_days` from
    the day on (None where these are not over at the last day of the history)."""

    as_of: date
    by: By
    name: str
    customers: int
    share: float
    revenue: float
    active: int
    churn: float | None
