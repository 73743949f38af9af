"""Which series sell far more than they did, and how unusual that is of a series whose demand has not changed."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc

from core.settings import Rules
from models.arrays import BoolArray, Float64Array
from models.demand.series import Histories

_BEFORE = 4
"""Weeks that the last one is compared with."""
_YEAR = 52
_ALL_WEEKS = 8.0
"""The dispersion of all series counts as so many weeks of a series' own."""
_NEEDED = 4
"""Weeks of its own with which a series tells something of the others' dispersion."""
_WILDEST = 0.95
"""More than this part of the series disperse counts as it does: single wild ones do not speak for all."""
_ESTIMATED = 1 + 1 / _BEFORE
"""A week misses the mean of others by its own variance and by that of the mean."""
_NOTHING_YET = 0.5
"""Units added to the weeks before, so that a first sale after weeks without one is not impossible (Jeffreys)."""


def surges(histories: Histories, rules: Rules) -> BoolArray:
    """Whether the last 7 days exceed `surge_ratio` times the mean week of the 4 before, and `surge_units`, (S,)."""
    week = 7 // histories.days
    last = histories.units[:, -week:].sum(1)
    before = histories.units[:, -(_BEFORE + 1) * week : -week].sum(1) / _BEFORE
    surging: BoolArray = (last > rules.surge_ratio * before) & (last >= rules.surge_units)
    return surging


def surge_chances(histories: Histories) -> Float64Array:
    """The chance that a series sells as much as in its last 7 days, or more, if its demand is that of the 4 weeks
    before, (S,); nan where it began later, or no week before tells how far weeks differ.

    A week's units are negative binomial around the mean week of the 4 before (as in the detection of outbreaks:
    Noufaily et al., Statistics in Medicine 32, 2013). Their variance is the larger of a multiple of the mean and of the
    mean with a multiple of its square (Cameron & Trivedi, Regression Analysis of Count Data, 2013, 3.3), as small
    series do not disperse like large ones. Both multiples are moments of how far the series' earlier weeks of a year
    lay from the means of the 4 before them, drawn to those of all series. So a level that moves, and what is not known
    of the mean, are in them.
    """
    weeks, first = _weekly(histories)
    series, told = weeks.shape
    unknown = np.full(series, np.nan)
    if told <= _BEFORE + 1:
        return unknown
    before = _means(weeks)
    usable = np.arange(told - _BEFORE) >= first[:, None]
    square, past = (weeks[:, _BEFORE:-1] - before[:, :-1]) ** 2, before[:, :-1]
    counts = usable[:, :-1] & (past > 0)
    if not counts.any():
        return unknown
    per_mean = _drawn(square / np.maximum(past, 1e-9) / _ESTIMATED, np.ones_like(past), counts, least=1.0)
    per_square = _drawn(square - _ESTIMATED * past, _ESTIMATED * past**2, counts, least=0.0)
    mean = before[:, -1] + _NOTHING_YET / _BEFORE
    variance = _ESTIMATED * np.maximum(per_mean * mean, mean + per_square * mean**2)
    return np.where(usable[:, -1], _at_least(weeks[:, -1], mean, variance), np.nan)


def _weekly(histories: Histories) -> tuple[Float64Array, Float64Array]:
    """Units of the whole weeks before the origin, a year and what a mean needs at most, (S, W), and the first whole
    week of each series, (S,)."""
    week = 7 // histories.days
    count = min(histories.periods // week, _YEAR + _BEFORE + 1)
    cut = histories.periods - count * week
    weeks = histories.units[:, cut:].reshape(len(histories.ids), count, week).sum(2)
    return weeks, np.maximum(np.ceil((histories.started - cut) / week), 0.0)


def _means(weeks: Float64Array) -> Float64Array:
    """The mean of the 4 weeks before each but the first 4, (S, W - 4)."""
    total = np.cumsum(np.pad(weeks, ((0, 0), (1, 0))), axis=1)
    found: Float64Array = (total[:, _BEFORE:-1] - total[:, : -_BEFORE - 1]) / _BEFORE
    return found


def _drawn(above: Float64Array, below: Float64Array, counts: BoolArray, least: float) -> Float64Array:
    """The ratio of two sums over each series' weeks that count, drawn to the mean ratio of all series, (S,)."""
    weeks = counts.sum(1)
    own = np.where(counts, above, 0.0).sum(1) / np.maximum(np.where(counts, below, 0.0).sum(1), 1e-9)
    telling = own[weeks >= min(_NEEDED, weeks.max())]
    of_all = np.minimum(telling, np.quantile(telling, _WILDEST, method="lower")).mean()
    found: Float64Array = np.maximum((own * weeks + of_all * _ALL_WEEKS) / (weeks + _ALL_WEEKS), least)
    return found


def _at_least(units: Float64Array, mean: Float64Array, variance: Float64Array) -> Float64Array:
    """The chance that negative binomial units reach these, which need not be whole (regularised incomplete beta)."""
    size = mean**2 / np.maximum(variance - mean, 1e-9)
    found: Float64Array = np.where(units > 0, betainc(np.maximum(units, 1e-9), size, mean / (mean + size)), 1.0)
    return found
