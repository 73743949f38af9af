"""Forecasts of groups from those of their series: exact means, and the quantiles of sums, from draws.

A draw takes a point of each series' distribution on a day (the lines through its quantiles, as `demand_draws` lays
them) and adds them up. Series depend on each other by a normal copula in which each two of a group have the same
correlation on a day: what the model did not foresee of a day, they share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from models.arrays import Float64Array, Int64Array
from models.demand.forecast import LEVELS, Forecast
from models.demand.inventory.demand_draws import CHANCES, DRAWS, GAPS, WEIGHTS, knots_of, middles
from models.demand.levels.series_groups import NONE, SeriesGroups

USUAL = 0.1
"""The correlation of two series on a day where no training has measured it."""
_SEED = 20_170_102
_BLOCK = 4096
_GRID = np.linspace(0.0, 0.95, 96)
_INSIDE = 0.8
"""The correlation is right when as much of the sums lies as near to its forecast as a normal distribution says."""


def summed(forecast: Forecast, groups: SeriesGroups, correlation: float) -> Forecast:
    """The forecast of each group: the mean is the sum of its series' means, the quantiles are those of the sum."""
    order = np.argsort(groups.of, kind="stable")
    order = order[groups.of[order] != NONE]
    mean = np.zeros((len(groups.names), forecast.mean.shape[1]))
    np.add.at(mean, groups.of[order], forecast.mean[order])
    quantiles = np.zeros((*mean.shape, len(LEVELS)))
    for block in _blocks(order, groups):
        of = groups.of[block]
        starts = np.flatnonzero(np.append(True, np.diff(of) > 0))
        found = _of_sums(forecast.mean[block], forecast.quantiles[block], starts, correlation)
        quantiles[of[starts]] = found
    for group in np.flatnonzero(groups.sizes == 1):
        quantiles[group] = forecast.quantiles[int(np.flatnonzero(groups.of == group)[0])]
    return Forecast(groups.names, forecast.days, mean, quantiles)


def _blocks(order: Int64Array, groups: SeriesGroups) -> Iterator[Int64Array]:
    """Whole groups, of about so many series together that their draws need little memory."""
    ends = np.flatnonzero(np.append(np.diff(groups.of[order]) > 0, True)) + 1
    start = last = 0
    for end in ends.tolist():
        if end - start > _BLOCK and last > start:
            yield order[start:last]
            start = last
        last = end
    if last > start:
        yield order[start:last]


def _of_sums(mean: Float64Array, quantiles: Float64Array, starts: Int64Array, correlation: float) -> Float64Array:
    """Quantiles of the sums of consecutive series, (G, H, 5); `starts` are the first of each group."""
    rng = np.random.default_rng(_SEED)
    normal = ndtri(middles())
    own = rng.permuted(np.broadcast_to(normal, (len(mean), DRAWS)), axis=1)
    chances = ndtr(np.sqrt(correlation) * rng.permutation(normal) + np.sqrt(1 - correlation) * own)
    left = np.clip(np.searchsorted(CHANCES, chances, side="right") - 1, 0, len(GAPS) - 1)
    along = (chances - CHANCES[left]) / GAPS[left]
    knots = knots_of(mean, quantiles)
    found = np.empty((len(starts), mean.shape[1], len(LEVELS)))
    for step in range(mean.shape[1]):
        below = np.take_along_axis(knots[:, step], left, axis=1)
        above = np.take_along_axis(knots[:, step], left + 1, axis=1)
        sums = np.add.reduceat(below + along * (above - below), starts, axis=0)
        found[:, step] = np.quantile(sums, LEVELS, axis=1).T
    return found


def measured(windows: Sequence[tuple[Forecast, Float64Array, SeriesGroups]]) -> float:
    """The correlation of two series on a day at which the sums of past windows are as spread as they were.

    Args:
        windows: a forecast, what was sold (nan where it is not known), and the groups of its series.
    """
    parts = [_spread(*window) for window in windows]
    off, alone, shared = (np.concatenate([part[place] for part in parts] or [np.zeros(0)]) for place in range(3))
    usable = (alone > 0) & (shared > 0)
    if not usable.any():
        return USUAL
    wanted = float(ndtri(0.5 + _INSIDE / 2))
    for correlation in _GRID:
        apart = off[usable] / np.sqrt(alone[usable] + correlation * shared[usable])
        if np.quantile(apart, _INSIDE) <= wanted:
            return float(correlation)
    return float(_GRID[-1])


def _spread(
    forecast: Forecast, sold: Float64Array, groups: SeriesGroups
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Of each group and period: how far the sum was off, its variance if series were independent, and how much more it
    would be if each two went together."""
    told = np.isfinite(sold) & (groups.of != NONE)[:, None]
    deviation = np.where(told, deviations(forecast), 0.0)
    off, alone, whole = (
        _by_group(each, groups) for each in (np.where(told, sold - forecast.mean, 0.0), deviation**2, deviation)
    )
    return np.abs(off).reshape(-1), alone.reshape(-1), (whole**2 - alone).clip(0).reshape(-1)


def deviations(forecast: Forecast) -> Float64Array:
    """The standard deviation of each period's distribution, (S, H)."""
    knots = knots_of(forecast.mean, forecast.quantiles)
    low, high = knots[..., :-1], knots[..., 1:]
    square = ((low**2 + low * high + high**2) / 3) @ GAPS
    found: Float64Array = np.sqrt(np.maximum(square - (knots @ WEIGHTS) ** 2, 0.0))
    return found


def _by_group(values: Float64Array, groups: SeriesGroups) -> Float64Array:
    there = groups.of != NONE
    found = np.zeros((len(groups.names), values.shape[1]))
    np.add.at(found, groups.of[there], values[there])
    return found
