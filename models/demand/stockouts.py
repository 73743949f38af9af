"""Days without stock in a history: what would have sold is put in their place, and they are remembered.

Nobody knows what was wanted on a day on which there was nothing to sell. A zero there would draw every mean, lag and
weekday profile down; an empty day would have to be minded everywhere. So the days get the series' seasonal expectation
where histories are unpacked, the one door that training, batch and serving go through, and labels leave them out.
"""

from __future__ import annotations

import numpy as np

from models.arrays import BoolArray, Float64Array, Int64Array

_HALF_LIFE_DAYS = 14.0
"""Days near the gap, on both of its sides, tell most of what would have sold in it."""
_OWN_PROFILE_UNITS = 500.0
"""With so many units sold, a series' own weekday profile counts as much as the shop's."""


def filled(
    units: Float64Array, out: BoolArray, short: BoolArray, first: Int64Array, weekdays: Int64Array
) -> Float64Array:
    """Daily units (S, T) with the expected ones on days without stock, and at least those on days that ended without.

    Args:
        units: what was sold.
        out: days without stock, (S, T).
        short: days that ended without stock; what was sold is the least that was wanted.
        first: the column of each series' first sale, (S,).
        weekdays: the weekday of each column, (T,).
    """
    rows = np.flatnonzero((out | short).any(1))
    if not len(rows):
        return units
    started = np.arange(units.shape[1]) >= first[:, None]
    closed = (units.sum(0) == 0) & (started & ~out).any(0)
    known = started & ~out & ~closed
    usual = np.where(closed, 0.0, _expected(units[rows], known[rows], _shop_profile(units, known, weekdays), weekdays))
    found = units.copy()
    found[rows] = np.where(out[rows], usual, np.where(short[rows], np.maximum(units[rows], usual), units[rows]))
    return found


def _expected(units: Float64Array, known: BoolArray, shop: Float64Array, weekdays: Int64Array) -> Float64Array:
    """The level near each day times the weekday's share, (R, T); 0 for a series of which no day is known."""
    own = _per_weekday(units * known, weekdays), _per_weekday(known.astype(float), weekdays)
    sold = own[0].sum(1, keepdims=True)
    trust = sold / (sold + _OWN_PROFILE_UNITS)
    profile = (trust * _relative(*own) + (1 - trust) * shop)[:, weekdays]
    apart = np.abs(np.subtract.outer(np.arange(units.shape[1]), np.arange(units.shape[1])))
    near = 0.5 ** (apart / _HALF_LIFE_DAYS)
    level = ((units * known) @ near) / np.maximum((profile * known) @ near, 1e-12)
    expected: Float64Array = level * profile
    return expected


def _shop_profile(units: Float64Array, known: BoolArray, weekdays: Int64Array) -> Float64Array:
    return _relative(
        _per_weekday(units * known, weekdays).sum(0, keepdims=True),
        _per_weekday(known.astype(float), weekdays).sum(0, keepdims=True),
    )


def _per_weekday(values: Float64Array, weekdays: Int64Array) -> Float64Array:
    return np.stack([values[:, weekdays == day].sum(1) for day in range(7)], axis=1)


def _relative(sold: Float64Array, days: Float64Array) -> Float64Array:
    """Sales per known day of each weekday over their mean; 1 where nothing is known."""
    rate = np.divide(sold, days, out=np.zeros_like(sold), where=days > 0)
    mean = sold.sum(1, keepdims=True) / np.maximum(days.sum(1, keepdims=True), 1.0)
    told = (mean > 0) & (days > 0)
    return np.where(told, rate / np.where(mean > 0, mean, 1.0), 1.0)
