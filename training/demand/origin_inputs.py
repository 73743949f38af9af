"""What boosters see at the origins of a training, derived once for all the folds that learn from it.

Of a shop of thousands of series each origin shows some, drawn by chance: many days with some of the series each tell
more than a few days with all of them, whose common shocks they share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from models.arrays import Float64Array, Int64Array
from models.demand.inputs import Inputs, derive
from models.demand.metrics import scales
from models.demand.plans import Calendar, Plans
from models.demand.series import Histories


@dataclass(frozen=True)
class DrawnSeries:
    """The series drawn at an origin.

    squared_scale, absolute_scale: (S,), mean squared and absolute change before the origin
    share: (S,), of the revenue of all series, times their number: 1 is average
    """

    histories: Histories
    inputs: Inputs
    squared_scale: Float64Array
    absolute_scale: Float64Array
    share: Float64Array


@dataclass(frozen=True)
class OriginInputs:
    """The histories at every origin, and the inputs of the series drawn there.

    most: series times steps that are drawn in all at origins whose labels the newest knows, about; None: all of them
    """

    at: Mapping[date, Histories]
    days: Calendar
    horizon_days: int
    most: int | None = None
    _derived: dict[tuple[object, ...], DrawnSeries] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def drawn(self) -> float:
        """The share of the series that is drawn at each origin."""
        last = max(self.at)
        told = timedelta(days=self.at[last].periods * self.at[last].days)
        rows = sum(len(each.ids) * self._steps(each) for day, each in self.at.items() if last - told <= day < last)
        return 1.0 if self.most is None else min(1.0, self.most / max(rows, 1))

    def of(self, origin: date, quiet: tuple[date, ...]) -> DrawnSeries:
        """What is seen at an origin with some quiet holidays known: the same series each time."""
        plans = self.days.known(origin, self.horizon_days, quiet)
        key = (origin, plans.holidays, plans.closed, plans.closing)
        if key not in self._derived:
            self._derived[key] = self._derive(self.at[origin], plans)
        return self._derived[key]

    def _derive(self, histories: Histories, plans: Plans) -> DrawnSeries:
        rows = self._rows(histories)
        inputs = derive(histories, plans, self._steps(histories), rows)
        own = histories if rows is None else histories.select(rows)
        share = histories.revenue / max(histories.revenue.sum(), 1e-9) * len(histories.ids)
        return DrawnSeries(own, inputs, *scales(own), share if rows is None else share[rows])

    def _rows(self, histories: Histories) -> Int64Array | None:
        """Those drawn at an origin; None: all of them."""
        if self.drawn >= 1:
            return None
        chance = np.random.default_rng(histories.origin.toordinal()).random(len(histories.ids))
        return np.flatnonzero(chance < self.drawn)

    def _steps(self, histories: Histories) -> int:
        return -(-self.horizon_days // histories.days)
