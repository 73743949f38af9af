"""Counting as a forecast: a series' recent level times its weekday profile, with the quantiles of its own past.

Nothing is fitted. Boosters learn what series have in common; where a series sells rarely, or a shop has little
history, what it sold lately is as good a guide, and its own distribution a better one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array, Int64Array
from models.demand.forecast import LEVELS
from models.demand.series import Histories

_SPAN = {"D": 84, "W": 26}
"""Periods looked back on."""
_LEVEL_HALF_LIFE_DAYS = 28.0
_QUANTILE_HALF_LIFE_DAYS = 42.0
_OWN_PROFILE_UNITS = 500.0
"""With so many units sold, a series' own weekday profile counts as much as the shop's."""


def seasonal_level(histories: Histories, horizon: int) -> tuple[Float64Array, Float64Array]:
    """Mean (S, H) and quantiles (S, H, 5) in units of the coming periods; closures are not known here."""
    past = _Past.of(histories)
    profile = past.profile()
    season = np.arange(past.first_season, past.first_season + horizon) % past.seasons
    level = past.mean(_LEVEL_HALF_LIFE_DAYS / histories.days, profile)
    mean = level[:, None] * profile[:, season]
    spread = past.ratio_quantiles(_QUANTILE_HALF_LIFE_DAYS / histories.days, level, profile)
    return mean, mean[:, :, None] * spread[:, None, :]


@dataclass(frozen=True)
class _Past:
    """The last periods: `units` and whether they `count` (S, n), the place in the week of each (n,)."""

    units: Float64Array
    count: Float64Array
    season: Int64Array
    seasons: int
    first_season: int

    @classmethod
    def of(cls, histories: Histories) -> _Past:
        """Periods with stock since each series' first sale on which the shop sold anything; all if there are none."""
        units = histories.units[:, -_SPAN[histories.freq] :]
        back = np.arange(-units.shape[1], 0)
        column = histories.periods + back
        count = ((column >= histories.started[:, None]) & (histories.units[:, column].sum(0) > 0)).astype(float)
        if histories.out is not None:
            count = count * ~histories.out[:, column]
        count = np.where(count.any(1, keepdims=True), count, 1.0)
        seasons = 7 // histories.days
        first = histories.origin.weekday() if seasons > 1 else 0
        return cls(units, count, (first + back) % seasons, seasons, first)

    def profile(self) -> Float64Array:
        """How much of the mean each place in the week sells, (S, seasons): the series' own and the shop's."""
        sold, counted = self._per_season(self.units * self.count), self._per_season(self.count)
        shop = relative(sold.sum(0, keepdims=True), counted.sum(0, keepdims=True))
        units = sold.sum(1, keepdims=True)
        trust = units / (units + _OWN_PROFILE_UNITS)
        blended: Float64Array = trust * relative(sold, counted) + (1 - trust) * shop
        return blended

    def mean(self, half_life: float, profile: Float64Array) -> Float64Array:
        """Recent sales per period without the week's rhythm, (S,)."""
        weight = self._weight(half_life)
        level: Float64Array = (self.units * weight).sum(1) / np.maximum((profile[:, self.season] * weight).sum(1), 1e-9)
        return level

    def ratio_quantiles(self, half_life: float, level: Float64Array, profile: Float64Array) -> Float64Array:
        """Weighted quantiles of past sales over level times profile, (S, 5)."""
        usual = level[:, None] * profile[:, self.season]
        ratio = np.divide(self.units, usual, out=np.zeros_like(self.units), where=usual > 0)
        order = np.argsort(ratio, axis=1)
        below = np.cumsum(np.take_along_axis(self._weight(half_life), order, axis=1), axis=1)
        below /= below[:, -1:]
        found = [np.minimum((below < level).sum(1), ratio.shape[1] - 1) for level in LEVELS]
        quantiles: Float64Array = np.take_along_axis(
            np.take_along_axis(ratio, order, axis=1), np.array(found).T, axis=1
        )
        return quantiles

    def _weight(self, half_life: float) -> Float64Array:
        age = np.arange(self.units.shape[1])[::-1]
        weight: Float64Array = self.count * 0.5 ** (age / half_life)
        return weight

    def _per_season(self, values: Float64Array) -> Float64Array:
        return np.stack([values[:, self.season == place].sum(1) for place in range(self.seasons)], axis=1)


def relative(sold: Float64Array, counted: Float64Array) -> Float64Array:
    """Sales per counted period of each place in the week over their mean; 1 where nothing sold."""
    rate = np.divide(sold, counted, out=np.zeros_like(sold), where=counted > 0)
    mean = rate.mean(1, keepdims=True)
    return np.where(mean > 0, np.divide(rate, mean, out=np.ones_like(rate), where=mean > 0), 1.0)
