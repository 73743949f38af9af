"""Which demand series surge now, and which forecasts wait for a reviewer: as the service says it, for all at once."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from core.errors import DataError
from core.workspace import Workspace
from models.demand.dataset import histories
from models.demand.series import Histories, join_keys, split_id
from models.demand.surges import surge_chances, surges
from monitoring.results import WaitingForecast

_RAREST = 1_000


def known(workspace: Workspace, as_of: date) -> Histories | None:
    """The series of the population as of a date; None where there is none yet."""
    try:
        return histories(workspace, as_of)
    except DataError:
        return None


def surging(workspace: Workspace, series: Histories) -> list[str]:
    """The series whose last 7 days are a surge, in words, the most unusual first."""
    rows, chances = np.flatnonzero(surges(series, workspace.settings.rules)), surge_chances(series)
    return [
        f"{in_words(workspace, series.ids[row])}{_unusual(float(chances[row]))}"
        for row in rows[np.argsort(chances[rows], kind="stable")]
    ]


def _unusual(chance: float) -> str:
    """How seldom a week like this is; nothing where that is not known.

    Rarer ones than one in 1,000 weeks are not told apart: a shop's own history is too short to check it.
    """
    if np.isnan(chance):
        return ""
    weeks = 1 / max(chance, 1e-9)
    return f" (1 in {weeks:,.0f} weeks)" if weeks <= _RAREST else f" (rarer than 1 in {_RAREST:,} weeks)"


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
