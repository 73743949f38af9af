"""How groups and stages went over the months: sizes, revenue and churn, each computed as of its day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pandas as pd

from core.workspace import Workspace, of_one_generation
from feature_repo import facts
from models.segments.group_month import By, GroupMonth
from models.segments.membership import memberships
from models.segments.movements import ORDER, movements

MONTHS = 12


def month_days(last: date, first: date, months: int = MONTHS) -> list[date]:
    """`last` and the same day of the months before it (the last day of shorter months), those after `first`."""
    days = [_months_before(last, back) for back in range(months, -1, -1)]
    return [day for day in days if day > first]


@of_one_generation
def group_history(workspace: Workspace, days: Sequence[date]) -> tuple[list[GroupMonth], dict[date, pd.DataFrame]]:
    """Every group and stage on every day, the oldest first, and the members of each; known at the last of the days."""
    members, until = memberships(workspace, days), max(days)
    churned = facts.churned(workspace, list(days), until)
    horizon = timedelta(days=workspace.settings.churn.horizon_days)
    found = []
    for day, frame in members.items():
        left = churned[churned["as_of"] == day].set_index("customer_id")["churned"]
        who, over = frame["customer_id"], day + horizon <= until
        spent = who.map(facts.spent(workspace, day - horizon, day)).fillna(0.0)
        rows = frame.assign(revenue=spent, active=who.isin(left.index), left=who.map(left))
        found += [_month(rows, day, by, name, over=over) for by, names in ORDER.items() for name in names]
    return found, members


def months_moved(
    workspace: Workspace, members: Mapping[date, pd.DataFrame], start: date, stop: date, by: By = "group"
) -> pd.DataFrame:
    """The movements between two of the days."""
    known = facts.buyers(workspace, date.min, start)
    return movements(members[start], members[stop], facts.spent(workspace, start, stop), known, by)


def unprofiled_days(months: Sequence[GroupMonth]) -> list[date]:
    """The days on which nobody is in any group: people had bought before each, so nobody allowed profiling."""
    sizes: Counter[date] = Counter()
    for month in months:
        sizes[month.as_of] += month.customers
    return [day for day, size in sizes.items() if not size]


def _month(rows: pd.DataFrame, day: date, by: By, name: str, *, over: bool) -> GroupMonth:
    own = rows[rows[by] == name]
    active = own[own["active"]]
    churn = float(active["left"].astype(float).mean()) if over and len(active) else None
    share = len(own) / len(rows) if len(rows) else 0.0
    return GroupMonth(day, by, name, len(own), share, round(float(own["revenue"].sum()), 2), len(active), churn)


def _months_before(day: date, months: int) -> date:
    """The same day so many months ago, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
