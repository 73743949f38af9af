"""Series as Nixtla's libraries take and give them: a row per series and day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.arrays import Float64Array
from pipelines.bench.demand.demand_task import DemandTask
from pipelines.bench.demand.said import Said

BANDS = (50, 90)
"""The central shares whose bounds are the quantiles."""


def long_frame(task: DemandTask, least: int) -> pd.DataFrame:
    """`unique_id` (the series' row), `ds` and `y` of each series from its first sale on, or `least` periods."""
    first = np.minimum(task.started, max(task.periods - least, 0))
    known = np.arange(task.periods) >= first[:, None]
    rows, columns = np.nonzero(known)
    days = _days(task, -task.periods, task.periods)
    return pd.DataFrame({"unique_id": rows, "ds": days[columns], "y": task.units[rows, columns]})


def day_frame(task: DemandTask, start: int, count: int) -> pd.DataFrame:
    """What is known of `count` periods, by `ds`: holidays on, before and after them, and closures."""
    days = _days(task, start, count)
    closed = np.array([day in task.closed for day in task.first_days(start, count)], dtype=float)
    near = {name: task.is_holiday(start + shift, count).astype(float) for name, shift in _NEAR.items()}
    return pd.DataFrame({"ds": days, "closed": closed, **near})


def frequency(task: DemandTask) -> str:
    """As pandas names it."""
    return "D" if task.days == 1 else "W-MON"


def said(frame: pd.DataFrame, model: str, task: DemandTask) -> Said:
    """What a frame of forecasts says by a model: its mean, which is the median too, and the bounds of its bands."""
    inner, outer = BANDS
    names = (f"{model}-lo-{outer}", f"{model}-lo-{inner}", model, f"{model}-hi-{inner}", f"{model}-hi-{outer}")
    quantiles = np.stack([by_series(frame, name, task) for name in names], axis=2)
    return Said(by_series(frame, model, task), quantiles)


def by_series(frame: pd.DataFrame, column: str, task: DemandTask) -> Float64Array:
    """A column of a frame that has as many days of each series, (S, days)."""
    ordered = frame.sort_values(["unique_id", "ds"])
    values: Float64Array = ordered[column].to_numpy(dtype=float).reshape(len(task.ids), -1)
    return values


_NEAR = {"holiday": 0, "holiday_after": 1, "holiday_before": -1}


def _days(task: DemandTask, start: int, count: int) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.array(task.first_days(start, count), dtype="datetime64[ns]"))
