"""Rolling origins: what was known at each, and the folds that models are fitted and scored on.

A fold ends at a date: its examples are the origins before it, as far as their labels lie before it; its window is
the horizon from it on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from core.workspace import Workspace
from feature_repo import snapshots
from feature_repo.families.series_features import HISTORY_DAYS
from feature_repo.families.series_promotions import DAYS_BEHIND
from models.arrays import Float64Array
from models.demand.dataset import VIEW, histories_at
from models.demand.inputs import Inputs, derive
from models.demand.labels import labels
from models.demand.plans import Calendar, Plans, calendar, quiet_holidays
from models.demand.series import PERIOD, Histories, no_series, origin, steps
from training import splits
from training.demand.examples import Examples, build
from training.demand.origin_inputs import OriginInputs

STEP_DAYS = 6
"""Days between two training origins: not 7, so that each step of the horizon is seen on every weekday."""
SKIP_DAYS = 70
"""Days of history that the first origin has."""
WARM_SKIP_DAYS = 28
"""The same where boosters of another shop are there: as much as their inputs need."""
MAX_ROWS = 600_000
"""Examples of one fit, about; with more, some of the series are drawn at each origin."""
MOST_READ = 300_000
"""Series at origins that are read, about; with more, origins lie further apart."""
WINDOWS = 2
"""Validation windows of the tuning."""


@dataclass(frozen=True)
class Fold:
    """Examples whose labels lie before `labels_until`, and what is known at that date of the window after it."""

    labels_until: date
    examples: Examples
    histories: Histories
    plans: Plans
    inputs: Inputs


@dataclass(frozen=True)
class Rolling:
    """The histories at every origin up to `as_of`, the shop's calendar, and the horizon."""

    at: Mapping[date, Histories]
    as_of: date
    days: Calendar
    horizon: int
    step_days: int

    @cached_property
    def seen(self) -> OriginInputs:
        """What the boosters see at each origin, for all folds."""
        return OriginInputs(self.at, self.days, self.window_days, MAX_ROWS)

    @property
    def described(self) -> dict[str, float]:
        """Which examples there are, for the tracked parameters."""
        return {"step_days": self.step_days, "origins": len(self.at), "series_drawn": round(self.seen.drawn, 4)}

    @property
    def window_days(self) -> int:
        """Days of a window: whole periods."""
        return self.horizon * self.at[self.as_of].days

    @property
    def evaluated_from(self) -> date:
        """The start of the last window that is known."""
        return self.as_of - timedelta(days=self.window_days)

    def windows(self) -> list[date]:
        """The validation windows before the evaluation, the latest first."""
        found = [self.evaluated_from - timedelta(days=self.window_days * back) for back in range(1, WINDOWS + 1)]
        return [day for day in found if day in self.at]

    def fold(self, labels_until: date) -> Fold:
        """The fold that ends at a date: nothing at or after it is used."""
        known = self.at[labels_until]
        before = [day for day in self.at if day < labels_until]
        examples = build(self.seen, before, known)
        plans = self.days.known(labels_until, self.window_days, quiet_holidays(known, self.days))
        return Fold(labels_until, examples, known, plans, derive(known, plans, self.horizon))

    def labels(self, origin: date, labels_until: date) -> Float64Array:
        """What sold in the window from an origin on, (S, H), as far as known at a later date."""
        return labels(self.at[origin], self.at[labels_until], self.horizon)


def rolling(workspace: Workspace, as_of: date, *, warm: bool = False) -> Rolling:
    """Read the histories at every origin that a training as of a date needs.

    `warm`: the boosters of another shop are there already, so that four weeks before the evaluation are enough.

    Raises:
        DataError: too little history (it says which date is the earliest), or no series sold often enough.
    """
    settings = workspace.settings.demand
    last, first = origin(as_of, settings.freq), workspace.tables.first_day()
    horizon, period = steps(settings), PERIOD[settings.freq]
    window = horizon * period
    skip = WARM_SKIP_DAYS if warm else SKIP_DAYS
    least, windows = (skip, 1) if warm else (skip + STEP_DAYS, 2)
    splits.require_history(first, last, least + windows * window, "train the demand model")
    ends = [last - timedelta(days=window * back) for back in range(WINDOWS + 2)]
    ends = [day for day in ends if (day - first).days >= least]
    series = snapshots.ensure(workspace, VIEW, [last]).rows
    told_from = min(ends) - timedelta(days=HISTORY_DAYS)
    step = _step(series, min((last - first).days - skip, (last - told_from).days), period)
    days = sorted({*_thinned(training_origins(first, last, step, skip), told_from, step), *ends})
    at = histories_at(workspace, days)
    for end in (last - timedelta(days=window * back) for back in range(windows + 1)):
        if end not in at:
            raise no_series(
                end, settings, f", and a training as of {last} evaluates and tunes on the windows before it"
            )
    return Rolling(at, last, calendar(workspace).reaching(last), horizon, step)


def training_origins(first_day: date, labels_until: date, step_days: int, skip_days: int) -> list[date]:
    """Every `step_days`-th origin before `labels_until`, oldest first, none within `skip_days` of the first day.

    The horizon of the newest reaches beyond `labels_until`: of those only the first steps have labels.
    """
    count = ((labels_until - first_day).days - skip_days) // step_days
    return [labels_until - timedelta(days=step_days * back) for back in range(max(count, 0), 0, -1)]


def _thinned(origins: Sequence[date], told_from: date, step: int) -> list[date]:
    """Origins whose labels some fold knows, and as many older ones as tell the promotions of those days."""
    older = [day for day in reversed(origins) if day < told_from]
    return [*older[:: max(DAYS_BEHIND // step, 1)], *(day for day in origins if day >= told_from)]


def _step(series: int, days: int, period: int) -> int:
    """Days between origins: more where there are thousands of series; of days never whole weeks."""
    usual = STEP_DAYS if period == 1 else period
    steps = [step for step in range(usual, max(days // 4, usual) + 1, usual) if period > 1 or step % 7]
    return next((step for step in steps if series * days // step <= MOST_READ), steps[-1])
