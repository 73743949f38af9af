"""Origins in the past of one shop, on which signals are tried: what was known, what counting said, what came.

They cost no boosters, so that there are many of them: a gain is told from luck by how often it comes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

import numpy as np

from models.arrays import Float64Array
from models.demand.day_totals import aligned, course
from models.demand.plans import Calendar, Plans, quiet_holidays
from models.demand.seasonal_level import seasonal_level
from models.demand.series import Freq, Histories
from models.demand.signals.interest import signal_names
from models.demand.signals.responses import Ground
from models.demand.signals.use import Drivers, Term

MOST_ORIGINS = 32
MOST_SERIES = 300
"""Signals are tried on so many series, those with the most revenue and a few of the rest."""
_WINDOW: dict[Freq, int] = {"D": 7, "W": 2}
_BLOCK: dict[Freq, int] = {"D": 7, "W": 1}
_LEAST_HISTORY: dict[Freq, int] = {"D": 84, "W": 26}
_WILD = 6.0


@dataclass(frozen=True)
class PastOrigin:
    """A window of the past.

    said: (S, H), what counting, drawn to the course of the shop's total, said of it
    came: (S, H), what sold, but that wild departures are clipped
    """

    histories: Histories
    plans: Plans
    ground: Ground
    drivers: Drivers
    said: Float64Array
    came: Float64Array

    @classmethod
    def of(cls, histories: Histories, days: Calendar, back: int, horizon: int) -> PastOrigin:
        """The window that began `back` periods before the origin of some histories."""
        before = earlier(histories, back)
        plans = days.known(before.origin, horizon * before.days, quiet_holidays(before, days))
        closed = np.array([day in plans.closed and before.days == 1 for day in before.first_days(horizon)])
        said = seasonal_level(before, horizon)[0] * ~closed
        said = aligned(said, course(before, plans, said))
        came = histories.units[:, histories.periods - back :][:, :horizon]
        ground = Ground.of(before, plans)
        wild = _WILD * np.sqrt(ground.spread[:, None] * np.maximum(said, 0.05))
        kept = np.clip(came, np.maximum(said - wild, 0.0), said + wild)
        return cls(
            before,
            plans,
            ground,
            Drivers.of(before, plans, signal_names(before, plans.signals.names), horizon),
            said,
            kept,
        )

    def evidence(self, term: Term) -> float:
        """How much better than chance the past before this origin follows a term (`Ground.evidence`)."""
        return self.ground.evidence(self.drivers.past(term, self.ground.periods))

    def losses(self, terms: Sequence[Term]) -> Float64Array:
        """The loss of each block of the window with these terms: the deviance of counts over each series' spread."""
        used = [term for term in terms if self.drivers.told(term)]
        forecast = self.said * np.exp(self.drivers.effects(self.ground, used)) if used else self.said
        forecast, came = np.maximum(forecast, 1e-3), self.came
        ratio = np.where(came > 0, came, 1.0) / forecast
        deviance = 2 * (np.where(came > 0, came * np.log(ratio), 0.0) - (came - forecast))
        by_period = np.where(self.said > 0, deviance / self.ground.spread[:, None], 0.0)[self._sold].sum(0)
        blocks = max(len(by_period) // _BLOCK[self.histories.freq], 1)
        return np.array([part.sum() for part in np.array_split(by_period, blocks)])

    @cached_property
    def _sold(self) -> np.ndarray:
        """The series that had begun."""
        return np.asarray(self.histories.started < self.histories.periods - 28 // self.histories.days)


def past_origins(histories: Histories, days: Calendar, horizon: int) -> list[PastOrigin]:
    """The windows of the past of a shop, the latest first; those of them that have enough before them."""
    length = min(_WINDOW[histories.freq], horizon)
    most = min((histories.periods - _LEAST_HISTORY[histories.freq]) // length, MOST_ORIGINS)
    tried = histories.select(_tried(histories))
    return [PastOrigin.of(tried, days, length * (back + 1), length) for back in range(most)]


def earlier(histories: Histories, periods: int) -> Histories:
    """What histories were so many periods before; their promotions are not told."""
    return replace(
        histories,
        origin=histories.origin - timedelta(days=periods * histories.days),
        units=histories.units[:, :-periods],
        promoted=histories.promoted[:, :, :0],
        behind=0,
        out=None if histories.out is None else histories.out[:, :-periods],
        interest=None if histories.interest is None else histories.interest[:, :, :-periods],
    )


def _tried(histories: Histories) -> np.ndarray:
    order = np.argsort(-histories.revenue, kind="stable")
    first, rest = order[: MOST_SERIES * 2 // 3], order[MOST_SERIES * 2 // 3 :]
    thinned = rest[:: max(-(-len(rest) // (MOST_SERIES // 3)), 1)]
    return np.sort(np.concatenate([first, thinned]))
