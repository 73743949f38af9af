"""Demand of a span of days as draws from the forecast's quantiles: sums of quantiles are no quantiles of sums.

A period's demand follows the straight lines through its five quantiles. Below the 5% one the line goes half as far down
as the median lies above it; above the 95% one it ends where the mean of the whole is the forecast's mean, within
bounds, as rare large sales are in the mean alone. Periods depend on each other by a normal copula in which each pair
has the same correlation: the one at which a sum over the whole horizon disperses as much as was measured at training.

Which point of its lines a draw takes of a period does not depend on the series, so that a sum is one product of two
matrices, for thousands of series at once. The numbers behind it are the same in every process: one forecast gives one
plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from models.arrays import Float64Array
from models.demand.forecast import LEVELS, Forecast

DRAWS = 1000
_SEED = 20_170_101
CHANCES = np.array([0.0, *LEVELS, 1.0])
GAPS = np.diff(CHANCES)
WEIGHTS: Float64Array = (np.append(GAPS, 0.0) + np.append(0.0, GAPS)) / 2
"""Where the knots lie between 0 and 1, how far apart, and what each weighs in the mean of the lines through them."""
_STEEPEST, _FLATTEST = 2.0, 0.25
"""How far the end may lie above the 95% quantile, in distances of that one to the median. Beyond a normal
distribution's 95% quantile it is half of it, beyond an exponential one's 0.9."""
_CERTAIN = 0.95
_BLOCK = 4096


@dataclass(frozen=True)
class Span:
    """Demand of S series over some days: its mean (S,) and equally likely draws in order (S, N), in units."""

    mean: Float64Array
    draws: Float64Array

    @classmethod
    def normal(cls, mean: Float64Array, deviation: Float64Array) -> Span:
        """Normal demand, cut at nothing."""
        return cls(mean, np.maximum(mean[:, None] + deviation[:, None] * ndtri(middles()), 0.0))

    @property
    def deviation(self) -> Float64Array:
        """The standard deviation of the draws, (S,)."""
        found: Float64Array = self.draws.std(1)
        return found

    def quantile(self, level: Float64Array | float) -> Float64Array:
        """What demand stays below with this chance, (S,); `level` may differ by series."""
        rows, most = np.arange(len(self.draws)), self.draws.shape[1] - 1
        place = np.clip(np.broadcast_to(level, rows.shape) * (most + 1) - 0.5, 0, most)
        low = np.floor(place).astype(int)
        below, above = self.draws[rows, low], self.draws[rows, np.minimum(low + 1, most)]
        found: Float64Array = below + (place - low) * (above - below)
        return found

    def exceeds(self, units: Float64Array) -> Float64Array:
        """The chance that demand exceeds these units, (S,)."""
        found: Float64Array = (self.draws > units[:, None]).mean(1)
        return found


@dataclass(frozen=True)
class DemandAhead:
    """A forecast with what is needed to add up its periods.

    period: days in a period
    dispersion: how many times the deviation of a sum over the horizon exceeds that of independent periods
    begins: days of the forecast that are over, as where weeks are forecast and it is Thursday
    """

    forecast: Forecast
    period: int
    dispersion: float
    begins: int = 0

    @property
    def days(self) -> int:
        """How many days ahead are forecast."""
        return len(self.forecast.days) * self.period - self.begins

    @property
    def correlation(self) -> float:
        """That of each two periods: a sum of H periods has 1 + (H - 1) x correlation times the independent variance."""
        others = len(self.forecast.days) - 1
        return float(np.clip((self.dispersion**2 - 1) / others, 0.0, _CERTAIN)) if others else 0.0

    def over(self, days: float, uncertain: float = 0.0, then: float = 0.0) -> Span:
        """Demand of the next `days`, whose number has the deviation `uncertain`, and of the `then` days after them.

        Beyond the horizon each period sells like those of the last forecast week.
        """
        lasting = lead_times(days, uncertain) + then
        periods = max(int(np.ceil((self.begins + lasting.max()) / self.period)), 1)
        shares = _shares(self.begins + lasting, self.period, periods) - _shares(
            np.full(DRAWS, float(self.begins)), self.period, periods
        )
        mean = self._longer(self.forecast.mean, periods)
        weights = self._weights(shares)
        draws = np.empty((len(mean), DRAWS))
        for start in range(0, len(mean), _BLOCK):
            part = slice(start, start + _BLOCK)
            knots = knots_of(mean[part], self._longer(self.forecast.quantiles[part], periods))
            draws[part] = np.sort(np.maximum(knots.reshape(len(knots), -1) @ weights, 0.0), axis=1)
        return Span((mean @ shares.T).mean(1), draws)

    def _longer(self, values: Float64Array, periods: int) -> Float64Array:
        """The first `periods` of (S, H, ...), the last week again and again beyond them."""
        there, week = values.shape[1], min(max(7 // self.period, 1), values.shape[1])
        places = np.arange(periods)
        found: Float64Array = values[:, np.where(places < there, places, there - week + (places - there) % week)]
        return found

    def _weights(self, shares: Float64Array) -> Float64Array:
        """What each knot of each period adds to each draw, (periods x knots, N).

        A part of a period has its part of the mean and of the variance.
        """
        points = _points(self._chances(shares.shape[1]))
        found = shares[:, :, None] * WEIGHTS + np.sqrt(shares)[:, :, None] * (points - WEIGHTS)
        weights: Float64Array = found.reshape(len(shares), -1).T
        return weights

    def _chances(self, periods: int) -> Float64Array:
        """Where between 0 and 1 each draw of each period lies, (N, periods)."""
        rng = np.random.default_rng(_SEED)
        common, *own = (ndtri(rng.permutation(middles())) for _ in range(periods + 1))
        together = np.sqrt(self.correlation) * common[:, None]
        chances: Float64Array = ndtr(together + np.sqrt(1 - self.correlation) * np.stack(own, axis=1))
        return chances


def lead_times(days: float, deviation: float) -> Float64Array:
    """Draws of a time with this mean and deviation, never negative: gamma, as is usual for lead times, (N,)."""
    if not deviation or not days:
        return np.full(DRAWS, float(days))
    from scipy.special import gammaincinv

    drawn = np.random.default_rng(_SEED + 1).permutation(middles())
    times: Float64Array = gammaincinv((days / deviation) ** 2, drawn) * deviation**2 / days
    return times


def middles() -> Float64Array:
    """Chances in the middle of N equal parts: draws that are spread evenly."""
    return (np.arange(DRAWS) + 0.5) / DRAWS


def _shares(days: Float64Array, period: int, periods: int) -> Float64Array:
    """Which part of each period lies within the days, (N, periods)."""
    found: Float64Array = np.clip(days[:, None] / period - np.arange(periods), 0.0, 1.0)
    return found


def knots_of(mean: Float64Array, quantiles: Float64Array) -> Float64Array:
    """Seven points of demand's distribution function in each period, (S, periods, 7)."""
    low, middle, high = quantiles[..., 0], quantiles[..., 2], quantiles[..., -1]
    least = np.maximum(low - (middle - low) / 2, 0.0)
    missing = (mean - quantiles @ WEIGHTS[1:-1] - least * WEIGHTS[0]) / WEIGHTS[-1]
    width = high - middle
    # where nine in ten days sell nothing, the mean alone tells of the others
    most = np.where(width > 0, high + _STEEPEST * width, mean / WEIGHTS[-1])
    end = np.clip(missing, high + _FLATTEST * width, np.maximum(most, high))
    return np.concatenate([least[..., None], quantiles, end[..., None]], axis=-1)


def _points(chances: Float64Array) -> Float64Array:
    """Each chance as weights of the two knots it lies between, (..., 7)."""
    left = np.clip(np.searchsorted(CHANCES, chances, side="right") - 1, 0, len(GAPS) - 1)
    along = (chances - CHANCES[left]) / GAPS[left]
    found = np.zeros((*chances.shape, len(CHANCES)))
    np.put_along_axis(found, left[..., None], 1 - along[..., None], axis=-1)
    np.put_along_axis(found, left[..., None] + 1, along[..., None], axis=-1)
    return found
