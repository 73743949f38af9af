"""Weeks of many units side by side: what sold, at which price, how much promoted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.arrays import BoolArray, Float64Array, Int64Array

SEASON = 5
"""The first columns of a calendar are its season."""


@dataclass(frozen=True)
class WeeklyPanel:
    """U units (series, products, brands in stores) over W weeks.

    units: (U, W); price: (U, W), the logarithm of the price paid over the unit's usual one
    promoted: (C, U, W), the share promoted per channel
    seen: (U, W), whether the unit was on sale in the week and its price is known
    group: (U,), which units are pooled together
    category: (U,), which units may take sales from each other anywhere
    market: (U,), which of them do so in one place: they compete by price
    calendar: (W, F), what is known of each week, whatever was sold: season, holidays, closures
    """

    units: Float64Array
    price: Float64Array
    promoted: Float64Array
    seen: BoolArray
    group: Int64Array
    category: Int64Array
    market: Int64Array
    calendar: Float64Array

    @property
    def shape(self) -> tuple[int, int]:
        """(U, W)."""
        return self.units.shape[0], self.units.shape[1]

    def with_channels(self, channels: Int64Array) -> WeeklyPanel:
        """With some of the channels of promotion alone."""
        return replace(self, promoted=self.promoted[channels])

    def treatments(self) -> Float64Array:
        """The price, then each channel of promotion, (1 + C, U, W)."""
        return np.concatenate([self.price[None], self.promoted])


def seasons(weeks: Float64Array) -> Float64Array:
    """Two waves a year and the trend of weeks numbered along the calendar, (W, 5).

    In less than three quarters of a year a wave can't be told from a trend: then the trend stands alone.
    """
    turn = 2 * np.pi * weeks / 52.18
    waves = np.stack([np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)], axis=1)
    span = max(int(np.ptp(weeks)), 1) if len(weeks) else 1
    trend = (weeks - weeks.mean()) / span if len(weeks) else np.zeros(0)
    return np.hstack([waves * (span >= 39), trend[:, None]])


def controls(panel: WeeklyPanel, sold: Float64Array, treatments: Float64Array, level: Float64Array) -> Float64Array:
    """What sales and price are explained by beside their seasons, (U, W, F): all that may move both.

    The unit's own weeks before, the prices and promotions of those it competes with, what the other categories did in
    the week, and the calendar.

    Args:
        panel: the weeks.
        sold: (U, W), the logarithm of sales over what is usual in the season; 0 where not seen.
        treatments: (1 + C, U, W), the same of price and promotions, as differences.
        level: (U,), what the units usually sell.
    """
    own = [_behind(sold, 1), _behind(sold, 2), _mean_behind(sold, 4), _mean_behind(sold, 13)]
    own += [_behind(treatments[0], 1), _behind(treatments[0], 2), _mean_behind(treatments[0], 4)]
    own += [_behind(channel, 1) for channel in treatments[1:]]
    others = [_others(panel, each, level) for each in treatments]
    shop = [_elsewhere(panel, each, level) for each in (sold, *treatments)] if panel.category.max() > 0 else []
    weeks = [np.broadcast_to(column, panel.shape) for column in panel.calendar.T]
    return np.stack([*own, *others, *shop, *weeks], axis=2)


def _behind(values: Float64Array, weeks: int) -> Float64Array:
    moved = np.zeros_like(values)
    moved[:, weeks:] = values[:, :-weeks]
    return moved


def _mean_behind(values: Float64Array, weeks: int) -> Float64Array:
    """The mean of the weeks before, of fewer at the beginning."""
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    at = np.arange(values.shape[1])
    first = np.maximum(at - weeks, 0)
    mean: Float64Array = (total[:, at] - total[:, first]) / np.maximum(at - first, 1)
    return mean


def _others(panel: WeeklyPanel, values: Float64Array, level: Float64Array) -> Float64Array:
    """The mean of a market's other units in the week, each as heavy as it usually sells."""
    weight = np.where(panel.seen, level[:, None], 0.0)
    sums, weights = _sums(panel.market, weight * values), _sums(panel.market, weight)
    return _mean_left(sums[panel.market] - weight * values, weights[panel.market] - weight)


def _elsewhere(panel: WeeklyPanel, values: Float64Array, level: Float64Array) -> Float64Array:
    """The mean of the other categories in the week: the shop's own ups and downs.

    The unit's own category is left out: what moves from one of its units to the other is no season. A unit is as
    heavy as its logarithm is exact.
    """
    weight = np.where(panel.seen, (level / (1 + level))[:, None], 0.0)
    sums, weights = _sums(panel.category, weight * values), _sums(panel.category, weight)
    return _mean_left(sums.sum(0) - sums, weights.sum(0) - weights)[panel.category]


def _sums(place: Int64Array, values: Float64Array) -> Float64Array:
    sums = np.zeros((int(place.max()) + 1, values.shape[1]))
    np.add.at(sums, place, values)
    return sums


def _mean_left(sums: Float64Array, weights: Float64Array) -> Float64Array:
    """Means, 0 where nothing is left to take one of."""
    left = weights > 1e-9
    found: Float64Array = np.where(left, sums / np.where(left, weights, 1.0), 0.0)
    return found
