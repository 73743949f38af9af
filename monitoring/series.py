"""Which demand series surge now, and which forecasts wait for a reviewer."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from core.workspace import Workspace
from monitoring import actuals

WEEK = timedelta(days=7)
WEEKS_BEFORE = 4


def surging(workspace: Workspace, as_of: date) -> tuple[list[str], int]:
    """The series whose last 7 days exceed the mean week of the 4 before by `surge_ratio`, and how many there are."""
    rules, keys = workspace.settings.rules, list(workspace.settings.demand.series)
    sold = actuals.units(workspace, keys, as_of - WEEK * (WEEKS_BEFORE + 1), as_of)
    if sold.empty:
        return [], 0
    recent = pd.to_datetime(sold["date"]) >= pd.Timestamp(as_of - WEEK)
    names = names_of(sold, keys)
    last = sold["quantity"].where(recent, 0.0).groupby(names).sum()
    week = sold["quantity"].where(~recent, 0.0).groupby(names).sum() / WEEKS_BEFORE
    hot = last[(last > rules.surge_ratio * week) & (last >= rules.surge_units)].sort_values(ascending=False)
    return [str(name) for name in hot.index], len(last)


def waiting(workspace: Workspace, forecast: pd.DataFrame) -> tuple[list[str], int]:
    """The forecasts with a total above `review_units` or of a high-risk category, and how many there are."""
    keys = list(workspace.settings.demand.series)
    totals = forecast.groupby(names_of(forecast, keys))["mean"].sum()
    found = set(totals[totals > workspace.settings.rules.review_units].index)
    if "category" in keys:
        risky = forecast["category"].isin(workspace.settings.products.high_risk)
        found |= set(names_of(forecast, keys)[risky])
    return sorted(map(str, found)), len(totals)


def names_of(frame: pd.DataFrame, keys: list[str]) -> pd.Series[str]:
    """Each row's series in words: its key values, joined."""
    return frame[keys].astype(str).agg(" / ".join, axis=1)
