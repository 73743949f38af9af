"""A training that starts from the model of another, mature shop: its boosters beside those of the shop's own history.

Boosters say sales as multiples of a series' level, so that those of one shop forecast another's. How much of the word
is the mature model's is chosen on the new shop's past windows and held to all of it as by one window more, so that it
fades as the shop's own history grows. Its recipe is taken over: what there is to tune on is too little. Looking back,
the mature shop's evaluation model is asked, which did not know the days that its last one has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from core.errors import UsageError
from core.settings import Demand
from models.arrays import Float64Array
from models.demand.adjustments import UNADJUSTED, Adjustments, Word
from models.demand.inputs import columns
from models.demand.metrics import STATISTICS
from models.demand.model import DemandModel
from models.demand.series import steps
from models.demand.signals.use import UNUSED
from training.demand.forecast_windows import ForecastWindow

LEAST_EXAMPLES = 2_000
"""With fewer examples no boosters of the shop's own are fitted."""
FIRMNESS = 1.0
GRID = tuple(round(0.1 * step, 1) for step in range(11))
FEW_WINDOWS = 3
"""With fewer windows to learn adjustments on, those of the mature model hold, but for its level and its signals."""


@dataclass(frozen=True)
class MatureShop:
    """The model that serves in a mature shop, and, where there is one, the model it was evaluated by, an older one."""

    served: DemandModel
    evaluated: DemandModel | None = None

    def at(self, day: date) -> DemandModel:
        """The newer of the two that knew nothing from a day on; the older where neither did."""
        if self.evaluated is None or self.served.trained_as_of <= day:
            return self.served
        return self.evaluated


@dataclass(frozen=True)
class TwoWords:
    """What the boosters of the shop's own history (None: it was too short) and the mature ones said of a window."""

    own: Word | None
    mature: Word
    sold: Float64Array

    def at(self, share: float) -> ForecastWindow:
        """The window with so much of the mature model's word."""
        if self.own is None:
            return ForecastWindow(self.mature, self.sold)
        mean = (1 - share) * self.own.mean + share * self.mature.mean
        quantiles = (1 - share) * self.own.quantiles + share * self.mature.quantiles
        return ForecastWindow(replace(self.own, mean=mean, quantiles=quantiles), self.sold)


def require_fitting(mature: DemandModel, settings: Demand, as_of: date) -> None:
    """Refuse a model that can't say anything of this shop as of a date.

    Raises:
        UsageError: it forecasts other periods, fewer of them, reads other inputs, or was trained as of a later date.
    """
    if mature.trained_as_of > as_of:
        raise UsageError(
            f"the model to start from was trained as of {mature.trained_as_of}, after {as_of}",
            todo="train as of a later date, or start from an earlier version",
        )
    todo = "name a model that was trained with the same demand.freq and demand.horizon_days, by this release"
    if mature.freq != settings.freq:
        raise UsageError(f"the model to start from forecasts {mature.freq}, this shop {settings.freq}", todo=todo)
    if mature.horizon < steps(settings):
        raise UsageError(
            f"the model to start from forecasts {mature.horizon} periods, not {steps(settings)}", todo=todo
        )
    if mature.names != tuple(column.name for column in columns()):
        raise UsageError("the model to start from reads other inputs", todo=todo)


def mature_share(windows: Sequence[TwoWords], learnt: float) -> float:
    """How much of the word is the mature model's, 0 to 1.

    Args:
        windows: past windows; those on which there were boosters of the shop's own tell.
        learnt: how many windows of history these have learnt from by now: the more, the less firmly the share is held.
    """
    tested = [window for window in windows if window.own is not None]
    if not tested or learnt <= 0:
        return 1.0
    losses = [np.mean([_loss(window.at(share)) for window in tested]) for share in GRID]
    best = GRID[int(np.argmin(losses))]
    return float((learnt * best + FIRMNESS) / (learnt + FIRMNESS))


def inherited(mature: DemandModel) -> Adjustments:
    """The adjustments to begin with, where the shop has too few windows to learn its own."""
    return replace(mature.adjustments, level=UNADJUSTED.level, signals=UNUSED)


def _loss(window: ForecastWindow) -> float:
    return STATISTICS["WRMSSE"](window.scores(UNADJUSTED))
