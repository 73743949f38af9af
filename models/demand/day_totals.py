"""The shop's total of each coming day, from a model of its own, and series' forecasts drawn to its course.

Boosters learn from series, where a day's common shock (pay day, the eve of a holiday) drowns in each series' own
noise; the total shows it. Only its course within the horizon is taken over, not its level: on four shops the course
was right more often than the series' own, and the level was not (where few lines of thousands make the total, it
lifts every series). On windows before September 2017 of the Complete Journey, per category, it took 0.6% off WRMSSE,
per product 0.1%; on Ta-Feng's products 1.5%, on an invented shop's 0.2%.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from models.arrays import BoolArray, Float64Array
from models.demand.plans import Plans
from models.demand.series import Histories

STRENGTH = 0.75
"""How far a forecast is drawn to the course of the total where nothing is known, as a power of the ratio."""
_HISTORY_DAYS = 300
_LEAST_DAYS = 56
_HALF_LIFE_DAYS = 180.0
_RIDGE = 3.0
_STIFFNESS = 30.0
"""How firmly the level of a month is held to that of its neighbours."""
_MONTH = 28
_NEAR_HOLIDAY = (-3, -2, -1, 0, 1, 2)
_NEAR_CLOSING = (-3, -2, -1, 0, 1)
_MONTH_PARTS = ((1, 3), (4, 7), (13, 16), (28, 31))
"""Days of the month around which wages and benefits are paid."""


def aligned(units: Float64Array, course: Float64Array) -> Float64Array:
    """Forecasts (S, H) or (S, H, Q) times each day's factor (H,)."""
    return units * (course[None, :] if units.ndim == 2 else course[None, :, None])


def course(histories: Histories, plans: Plans, mean: Float64Array, strength: float = STRENGTH) -> Float64Array:
    """The factor of each coming day, (H,), that draws forecasts to the course of the shop's total.

    It leaves the sum over the horizon as it is. 1 where the total can't be forecast: weeks, or less than eight weeks
    of history.

    Args:
        histories: the whole shop.
        plans: what is known of the days ahead.
        mean: (S, H), the series' own forecasts.
        strength: 0 leaves them, 1 gives their sum the course of the total's forecast.
    """
    own = mean.sum(0)
    total = forecast_total(histories, plans, mean.shape[1])
    usable = (own > 0) & (total > 0)
    if not usable.any():
        return np.ones(len(own))
    ratio = np.where(usable, total / np.where(usable, own, 1.0), 1.0)
    level = float(np.average(ratio[usable], weights=own[usable]))
    factor = np.where(usable, ratio / level, 1.0) ** strength
    drawn: Float64Array = factor * own.sum() / (factor * own).sum()
    return drawn


def forecast_total(histories: Histories, plans: Plans, horizon: int) -> Float64Array:
    """Units of the whole shop on each of the coming days, (H,); zeros where they can't be forecast.

    A ridge regression (Hoerl & Kennard, 1970) of the logarithm of the total on the weekday, the part of the month,
    the days around holidays and closures, and a level per month held to its neighbours'; newer days count more.
    """
    total = histories.units.sum(0)
    days = _days(histories, horizon)
    told = _told(total, days[: len(total)], plans)
    if histories.freq != "D" or told.sum() < _LEAST_DAYS:
        return np.zeros(horizon)
    design = _design(days, len(total), plans)
    logs = np.log(np.maximum(total, 1e-9))
    fitted = _fit(design, logs, told)
    closed = np.array([day in plans.closed for day in days[len(total) :]])
    forecast: Float64Array = np.where(closed, 0.0, np.exp(fitted[len(total) :]))
    return forecast


def _days(histories: Histories, horizon: int) -> list[date]:
    behind = [histories.origin - timedelta(days=back) for back in range(histories.periods, 0, -1)]
    return behind + histories.first_days(horizon)


def _told(total: Float64Array, days: Sequence[date], plans: Plans) -> BoolArray:
    """The days to learn from: recent ones on which the shop was open and sold."""
    recent = np.arange(len(total)) >= len(total) - _HISTORY_DAYS
    shut = np.array([day in plans.closed for day in days], dtype=bool)
    told: BoolArray = recent & ~shut & (total > 0)
    return told


@dataclass(frozen=True)
class _Design:
    """Regressors of past and coming days: `effects` of the calendar, `levels` the months they lie between."""

    effects: Float64Array
    levels: Float64Array


def _design(days: Sequence[date], behind: int, plans: Plans) -> _Design:
    holidays, closing = frozenset(plans.holidays), frozenset(plans.closing)
    effects = [_effects(day, holidays, closing) for day in days]
    months = max(-(-behind // _MONTH), 1)
    back = np.clip((behind - 1 - np.arange(len(days))) / _MONTH, 0, months - 1)
    near = back.astype(int)
    levels = np.zeros((len(days), months))
    rows = np.arange(len(days))
    levels[rows, near] = 1 - (back - near)
    levels[rows, np.minimum(near + 1, months - 1)] += back - near
    return _Design(np.array(effects, dtype=float), levels)


def _effects(day: date, holidays: frozenset[date], closing: frozenset[date]) -> list[bool]:
    def near(events: frozenset[date], away: Sequence[int]) -> list[bool]:
        return [day - timedelta(days=each) in events for each in away]

    weekday = [day.weekday() == each for each in range(7)]
    month = [first <= day.day <= last for first, last in _MONTH_PARTS]
    return [*weekday, *month, *near(holidays, _NEAR_HOLIDAY), *near(closing, _NEAR_CLOSING)]


def _fit(design: _Design, logs: Float64Array, told: BoolArray) -> Float64Array:
    """The regression's word on every day of the design."""
    behind, count = len(logs), design.effects.shape[1]
    weight = 0.5 ** (np.arange(behind, 0, -1) / _HALF_LIFE_DAYS) * told
    everything = np.hstack([design.effects, design.levels])
    penalty = np.zeros((everything.shape[1], everything.shape[1]))
    penalty[:count, :count] = _RIDGE * np.eye(count)
    change = np.diff(np.eye(design.levels.shape[1]), axis=0)
    penalty[count:, count:] = _STIFFNESS * change.T @ change + 1e-6 * np.eye(design.levels.shape[1])
    usual = float(np.average(logs[told], weights=weight[told]))
    weighted = everything[:behind] * weight[:, None]
    effect = np.linalg.solve(everything[:behind].T @ weighted + penalty, weighted.T @ np.where(told, logs - usual, 0.0))
    fitted: Float64Array = everything @ effect + usual
    return fitted
