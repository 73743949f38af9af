"""Which demand series surge now, and which forecasts wait for a reviewer: as the service says it, for all at once."""

from __future__ import annotations

from datetime import date

import pandas as pd

from core.errors import DataError
from core.workspace import Workspace
from models.demand import advice
from models.demand.dataset import histories
from models.demand.series import Histories, join_keys, split_id
from monitoring.results import WaitingForecast


def known(workspace: Workspace, as_of: date) -> Histories | None:
    """The series of the population as of a date; None where there is none yet."""
    try:
        return histories(workspace, as_of)
    except DataError:
        return None


def surging(workspace: Workspace, series: Histories) -> list[str]:
    """The series whose last 7 days are a surge, in words."""
    flags = advice.surges(series, workspace.settings.rules)
    return [in_words(workspace, name) for name, hot in zip(series.ids, flags, strict=True) if hot]


def waiting(workspace: Workspace, series: Histories, forecast: pd.DataFrame) -> list[WaitingForecast]:
    """The forecasts with a total above `review_units` or of a high-risk category, the largest first."""
    keys = list(workspace.settings.demand.series)
    ids = [join_keys(values) for values in forecast[keys].astype(str).itertuples(index=False, name=None)]
    totals = forecast["mean"].groupby(pd.Series(ids, index=forecast.index)).sum()
    before = series.units[:, -forecast["date"].nunique() :].sum(axis=1)
    found = [
        WaitingForecast(name, in_words(workspace, name), float(totals[name]), float(sold), bool(risky))
        for name, sold, risky in zip(series.ids, before, series.high_risk, strict=True)
        if name in totals.index and (risky or totals[name] > workspace.settings.rules.review_units)
    ]
    return sorted(found, key=lambda each: -each.units)


def in_words(workspace: Workspace, series_id: str) -> str:
    """A series by its key values."""
    return " / ".join(split_id(series_id, workspace.settings.demand.series))
