"""What was sold after a date, counted the way forecasts are judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast

import numpy as np
import pandas as pd

from core.clock import present
from core.errors import DataError
from core.workspace import Workspace
from feature_repo import facts
from models.arrays import Float64Array
from models.demand.series import PERIOD, Histories, origin, steps


def sold(workspace: Workspace, ids: Sequence[str], as_of: date) -> Float64Array:
    """Units per series and period in the horizon from `origin(as_of)` on, (S, H).

    Line quantities are clipped as the features as of that date clip them.

    Raises:
        DataError: the window is not over yet.
    """
    settings = workspace.settings.demand
    start, count = origin(as_of, settings.freq), steps(settings)
    end = start + timedelta(days=count * PERIOD[settings.freq])
    today = present(workspace)
    if end > today:
        raise DataError(
            f"the {(end - start).days} days from {start} are not over: the shop's present is {today}",
            todo=f"take a date up to {today - (end - start)}",
        )
    found = facts.units(workspace, start, end)
    step = (pd.to_datetime(found["day"]) - pd.Timestamp(start)).dt.days // PERIOD[settings.freq]
    grid = found.assign(step=step).pivot_table(index="series_id", columns="step", values="units", aggfunc="sum")
    return cast(Float64Array, grid.reindex(list(ids), columns=range(count)).fillna(0.0).to_numpy(dtype=np.float64))


def labels(histories: Histories, known: Histories, horizon: int) -> Float64Array:
    """Units sold in the periods after an origin, (S, horizon); nan where `known` ends before or lacks the series."""
    rows = {series: row for row, series in enumerate(known.ids)}
    found = np.array([rows.get(series, -1) for series in histories.ids])
    ahead = (known.origin - histories.origin).days // histories.days
    sold = np.full((len(found), horizon), np.nan)
    count = min(horizon, ahead)
    first = known.periods - ahead
    if count > 0 and first >= 0:
        sold[:, :count] = np.where(found[:, None] >= 0, known.units[found, first : first + count], np.nan)
    return sold
