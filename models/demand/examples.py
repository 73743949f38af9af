"""Training examples: the inputs at many origins, with what was sold afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from models.demand.design import design
from models.demand.plans import Calendar, quiet_holidays
from models.demand.series import Floats, Histories


@dataclass(frozen=True)
class Examples:
    """Rows of (series, origin, step) whose label is known and whose shop was open.

    matrix: float32 (N, features); ratio: (N,), units over level; level: (N,)
    squared_scale, absolute_scale: (N,), mean squared and absolute change of the series before the origin
    importance: (N,), the series' share of revenue times the number of series at its origin (1 = average)
    """

    matrix: NDArray[np.float32]
    ratio: Floats
    level: Floats
    squared_scale: Floats
    absolute_scale: Floats
    importance: Floats

    def __len__(self) -> int:
        return len(self.ratio)

    def every(self, nth: int, block: int) -> Examples:
        """Every `nth` block of `block` rows (about a series at an origin): the same data, thinner."""
        kept = (np.arange(len(self)) // block) % nth == 0
        return Examples(*(getattr(self, each.name)[kept] for each in fields(self)))


def build(
    at: Mapping[date, Histories], origins: Sequence[date], known: Histories, days: Calendar, horizon_days: int
) -> Examples:
    """The examples of `origins` whose labels lie before `known.origin`, partly known windows included.

    Args:
        at: the histories as of each origin.
        origins: which of them to use.
        known: the histories as of the end of what is known; labels are read off it.
        days: the shop's calendar; quiet holidays are those `known` shows.
        horizon_days: the forecast horizon.
    """
    quiet = quiet_holidays(known, days)
    parts = [_at(at[origin], known, days, quiet, horizon_days) for origin in origins if origin < known.origin]
    return Examples(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def labels(histories: Histories, known: Histories, horizon: int) -> Floats:
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


def scales(histories: Histories) -> tuple[Floats, Floats]:
    """Mean squared and mean absolute change from period to period since the first sale (M5's scales), each (S,)."""
    change = np.diff(histories.units, axis=1)
    since = np.arange(histories.periods - 1) >= histories.started[:, None]
    count = np.maximum(since.sum(1), 1)
    return (change**2 * since).sum(1) / count, (np.abs(change) * since).sum(1) / count


def _at(
    histories: Histories, known: Histories, days: Calendar, quiet: Sequence[date], horizon_days: int
) -> tuple[NDArray[np.float32], Floats, Floats, Floats, Floats, Floats]:
    horizon = -(-horizon_days // histories.days)
    inputs = design(histories, days.known(histories.origin, horizon_days, quiet), horizon)
    sold, (squared, absolute) = labels(histories, known, horizon), scales(histories)
    share = histories.revenue / max(histories.revenue.sum(), 1e-9) * len(histories.ids)
    usable = (np.isfinite(sold) & (inputs.open > 0) & (squared > 0)[:, None]).reshape(-1)

    def rows(values: Floats) -> Floats:
        return np.repeat(values, horizon)[usable]

    ratio = (sold / inputs.level[:, None]).reshape(-1)[usable]
    importance = rows(np.maximum(share, 0.01))
    return inputs.matrix[usable], ratio, rows(inputs.level), rows(squared), rows(absolute), importance


def origins(first_day: date, until: date, step_days: int, skip_days: int) -> list[date]:
    """Every `step_days`-th origin before `until`, oldest first, none within `skip_days` of the first day.

    The horizon of the newest reaches beyond `until`: of those only the first steps have labels.
    """
    count = ((until - first_day).days - skip_days) // step_days
    return [until - timedelta(days=step_days * back) for back in range(max(count, 0), 0, -1)]
