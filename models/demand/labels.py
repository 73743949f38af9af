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
    """Units per series and period in the horizon from `origin(as_of)` on, (S, H); nan on days without stock.

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
    units = cast(Float64Array, grid.reindex(list(ids), columns=range(count)).fillna(0.0).to_numpy(dtype=np.float64))
    rows = {series: row for row, series in enumerate(ids)}
    for series, day in facts.without_stock(workspace, start, end):
        if series in rows:
            units[rows[series], (day - start).days // PERIOD[settings.freq]] = np.nan
    return units


def labels(histories: Histories, known: Histories, horizon: int) -> Float64Array:
    """Units sold in the periods after an origin, (S, horizon); nan where `known` ends before or lacks the series, and
    on days without stock."""
    rows = {series: row for row, series in enumerate(known.ids)}
    found = np.array([rows.get(series, -1) for series in histories.ids])
    ahead = (known.origin - histories.origin).days // histories.days
    sold = np.full((len(found), horizon), np.nan)
    count = min(horizon, ahead)
    first = known.periods - ahead
    if count > 0 and first >= 0:
        columns = slice(first, first + count)
        told = np.broadcast_to(found[:, None] >= 0, (len(found), count))
        if known.out is not None:
            told = told & ~known.out[found, columns]
        sold[:, :count] = np.where(told, known.units[found, columns], np.nan)
    return sold
