"""What a peer is given: the series before a date, the holidays and closures known ahead, and nothing after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from core.workspace import Workspace
from models.arrays import BoolArray, Float64Array, Int64Array
from models.demand.dataset import histories
from models.demand.plans import calendar
from models.demand.series import steps


@dataclass(frozen=True)
class DemandTask:
    """A shop's series as of an origin.

    units: (S, T), oldest first, 0 where nothing sold
    started: (S,), the column of the first sale
    days: in one period
    holidays, closed: days, behind and ahead, as far as known at the origin
    """

    ids: tuple[str, ...]
    origin: date
    days: int
    units: Float64Array
    started: Int64Array
    horizon: int
    holidays: frozenset[date]
    closed: frozenset[date]
    seed: int
    threads: int

    @property
    def periods(self) -> int:
        """T, the periods behind the origin."""
        return int(self.units.shape[1])

    @property
    def season(self) -> int:
        """The periods of a week."""
        return 7 // self.days

    @cached_property
    def open(self) -> Float64Array:
        """The share of each coming period on which the shop is open, (H,)."""
        closed = [[day in self.closed for day in self._whole(step)] for step in range(self.horizon)]
        opened: Float64Array = 1.0 - np.mean(closed, axis=1)
        return opened

    def first_days(self, start: int, count: int) -> list[date]:
        """The first days of `count` periods, the first of them `start` periods after the origin."""
        return [self.origin + timedelta(days=self.days * (start + step)) for step in range(count)]

    def is_holiday(self, start: int, count: int) -> BoolArray:
        """Which of these periods have a holiday."""
        found = [bool(self.holidays & self._whole(start + step)) for step in range(count)]
        return np.array(found, dtype=bool)

    def earlier(self, periods: int) -> DemandTask:
        """The same task as of an origin so many periods before; plans are those known now."""
        origin = self.origin - timedelta(days=self.days * periods)
        return replace(self, origin=origin, units=self.units[:, :-periods])

    def sold_after(self, earlier: DemandTask) -> Float64Array:
        """What was sold in the window of an earlier task, (S, H), nan where that is not known yet."""
        first = earlier.periods
        known = self.units[:, first : first + self.horizon]
        sold = np.full((len(self.ids), self.horizon), np.nan)
        sold[:, : known.shape[1]] = known
        return sold

    def _whole(self, step: int) -> frozenset[date]:
        first = self.origin + timedelta(days=self.days * step)
        return frozenset(first + timedelta(days=day) for day in range(self.days))


def task_of(workspace: Workspace, as_of: date) -> DemandTask:
    """What is known of a shop's series at a date."""
    settings = workspace.settings
    known, horizon = histories(workspace, as_of), steps(settings.demand)
    plans = calendar(workspace).known(known.origin, horizon * known.days)
    series = (known.ids, known.origin, known.days, known.units, known.started)
    ahead = (horizon, frozenset(plans.holidays), plans.closed)
    return DemandTask(*series, *ahead, settings.seed, settings.threads)
