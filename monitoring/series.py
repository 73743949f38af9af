"""Which demand series surge now, and which forecasts wait for a reviewer: as the service says it, for all at once."""

from __future__ import annotations

from datetime import date

import pandas as pd

from core.errors import DataError
from core.workspace import Workspace
from models.demand import rules
from models.demand.reading import histories
from models.demand.series import Histories, join_keys, split_id


def known(workspace: Workspace, as_of: date) -> Histories | None:
    """The series of the population as of a date; None where there is none yet."""
    try:
        return histories(workspace, as_of)
    except DataError:
        return None


def surging(workspace: Workspace, series: Histories) -> list[str]:
    """The series whose last 7 days are a surge, in words."""
    flags = rules.surges(series, workspace.settings.rules)
    return [in_words(workspace, name) for name, hot in zip(series.ids, flags, strict=True) if hot]


def waiting(workspace: Workspace, series: Histories, forecast: pd.DataFrame) -> list[str]:
    """The forecasts with a total above `review_units` or of a high-risk category, in words."""
    keys = list(workspace.settings.demand.series)
    ids = [join_keys(values) for values in forecast[keys].astype(str).itertuples(index=False, name=None)]
    totals = forecast["mean"].groupby(pd.Series(ids, index=forecast.index)).sum()
    risky = {name for name, high in zip(series.ids, series.high_risk, strict=True) if high} & set(totals.index)
    large = set(totals[totals > workspace.settings.rules.review_units].index)
    return [in_words(workspace, name) for name in sorted(map(str, large | risky))]


def in_words(workspace: Workspace, series_id: str) -> str:
    """A series by its key values."""
    return " / ".join(split_id(series_id, workspace.settings.demand.series))
