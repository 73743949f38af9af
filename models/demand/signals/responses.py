"""How each series responds to signals: a Poisson regression per series, held to what the shop's series show.

What a series sells around a day is divided out, so that only departures are explained. Each series' response is
drawn to the shop's mean response as far as its own is uncertain (adaptive shrinkage: Stephens, 2017, about a mean),
so that one signal may lift some series, lower others, and leave the most alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import BoolArray, Float64Array, Int64Array
from models.demand.plans import Plans
from models.demand.seasonal_level import relative
from models.demand.series import Histories
from models.demand.signals.anomalies import smoothed

MOST_PERIODS = 730
"""Periods looked back on."""
_PROFILE_UNITS = 500.0
_SWEEPS = 4
_WILD = 4.0
"""Departures beyond so many of their standard deviations count as if they were that far."""
_MOST = 1.5
"""The strongest response to a standard deviation, as a logarithm."""
_SPREADS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Standard deviations that series' responses may have around the shop's mean."""
_ALIKE = 10.0
"""How many series more than there are count as responding like the shop."""


@dataclass(frozen=True)
class Ground:
    """Past sales of S series to explain departures of: `units` and what is `usual` around each period, (S, T).

    spread: (S,), the variance of departures over the usual (1: as chance has it in counts)
    memory: how much of a departure is left after a period, over all series
    """

    units: Float64Array
    usual: Float64Array
    spread: Float64Array
    memory: float

    @classmethod
    def of(cls, histories: Histories, plans: Plans) -> Ground:
        """The last periods before the origin, but for those around closures."""
        units = histories.units[:, -MOST_PERIODS:]
        counts = _counted(histories, plans)[:, -MOST_PERIODS:]
        season = (np.arange(histories.periods)[-MOST_PERIODS:] - histories.periods) % (7 // histories.days)
        profile = _profile(units * counts, counts, season)
        level = smoothed(units / profile, counts * profile, histories.freq)
        usual = np.maximum(np.where(np.isfinite(level), level, 0.0) * profile * counts, 0.0)
        told = usual > 1e-6
        departure = np.where(told, (units - usual) / np.sqrt(np.where(told, usual, 1.0)), 0.0)
        for _ in range(2):
            deviation = np.sqrt((departure**2).sum(1) / np.maximum(told.sum(1), 1))[:, None]
            departure = np.clip(departure, -_WILD * deviation, _WILD * deviation)
        spread = np.maximum((departure**2).sum(1) / np.maximum(told.sum(1), 1), 0.1)
        scaled = departure / np.sqrt(spread)[:, None]
        memory = float((scaled[:, 1:] * scaled[:, :-1]).sum() / max((scaled**2).sum(), 1e-9))
        return cls(np.where(told, usual + departure * np.sqrt(usual), 0.0), usual, spread, max(memory, 0.0))

    @property
    def periods(self) -> int:
        """T, those looked back on."""
        return int(self.units.shape[1])

    def evidence(self, driver: Float64Array) -> float:
        """How much better than chance departures follow a driver (S, T), as a logarithm, over all series.

        Each series may respond in its own direction, and most may not respond at all.
        """
        score = np.einsum("st,st->s", driver, self.units - self.usual)
        weight = np.einsum("st,st->s", driver**2, self.usual)
        inflation = self._inflation(driver)
        z2 = np.minimum(score**2 / np.maximum(self.spread * weight * inflation, 1e-9), 200.0)
        return float(np.log(0.9 + 0.1 * np.exp(z2 / 2 * _LOUD / (1 + _LOUD)) / np.sqrt(1 + _LOUD)).sum())

    def responses(self, drivers: Sequence[Float64Array]) -> Float64Array:
        """The logarithmic response of each series to a standard deviation of each driver (S, T), (drivers, S)."""
        own, weights = np.zeros((2, len(drivers), len(self.units)))
        logs = np.zeros_like(self.usual)
        for _ in range(_SWEEPS):
            expected = self.usual * np.exp(np.clip(logs, -3, 3))
            expected *= (self.units.sum(1) / np.maximum(expected.sum(1), 1e-9))[:, None]
            left = self.units - expected
            for place, driver in enumerate(drivers):
                weighted = driver * expected
                weights[place] = (driver * weighted).sum(1)
                step = np.clip((driver * left).sum(1) / np.maximum(weights[place], 1e-9), -0.5, 0.5)
                step = np.clip(own[place] + step, -_MOST, _MOST) - own[place]
                own[place] += step
                left -= step[:, None] * weighted
                logs += step[:, None] * driver
        inflations = _variance_inflation(drivers)
        return np.array(
            [
                self._shrunk(own[place], weights[place], driver, inflations[place] * self._inflation(driver), left)
                for place, driver in enumerate(drivers)
            ]
        )

    def _shrunk(
        self, own: Float64Array, weight: Float64Array, driver: Float64Array, inflation: float, left: Float64Array
    ) -> Float64Array:
        told = weight > 1e-6
        if not told.any():
            return np.zeros_like(own)
        variance = np.where(told, self.spread / np.maximum(weight, 1e-6) * inflation, 1e6)
        # Series share the shocks of a day: the mean response is as uncertain as the days are few, not the series.
        daily = (driver * left / self.spread[:, None]).sum(0)
        shop = float((own / variance)[told].sum() / (1 / variance)[told].sum())
        doubt = float((daily**2).sum() * inflation / max((weight / self.spread).sum(), 1e-9) ** 2)
        shop *= max(1 - doubt / max(shop**2, 1e-12), 0.0)
        return shop + _adaptively_shrunk(own - shop, variance)

    def _inflation(self, driver: Float64Array) -> float:
        """By how much variances grow as neither departures nor the driver are independent from period to period."""
        square = float((driver**2).sum())
        memory = float((driver[:, 1:] * driver[:, :-1]).sum()) / square if square > 0 else 0.0
        both = min(max(memory, 0.0) * self.memory, 0.9)
        return (1 + both) / (1 - both)


_LOUD = 16.0
"""The variance of a responding series' response, in units of its uncertainty."""


def _counted(histories: Histories, plans: Plans) -> Float64Array:
    """(S, T): 1 since the first sale, but for days around closures, days without stock, and without any sale."""
    column = np.arange(histories.periods)
    counted: BoolArray = (column >= histories.started[:, None]) & (histories.units.sum(0) > 0)
    if histories.out is not None:
        counted &= ~histories.out
    origin = histories.origin.toordinal()
    for day in plans.closing:
        near = np.arange(day.toordinal() - 1, day.toordinal() + 2) if histories.days == 1 else np.array([])
        place = histories.periods + (near - origin).astype(int)
        counted[:, place[(place >= 0) & (place < histories.periods)]] = False
    return counted.astype(float)


def _profile(sold: Float64Array, counted: Float64Array, season: Int64Array) -> Float64Array:
    """How much of the mean each period's weekday sells, (S, T): near the shop's where few sell."""
    seasons = int(season.max()) + 1

    def per_season(values: Float64Array) -> Float64Array:
        return np.stack([values[:, season == place].sum(1) for place in range(seasons)], axis=1)

    units, days = per_season(sold), per_season(counted)
    shop = relative(units.sum(0, keepdims=True), days.sum(0, keepdims=True))
    total = units.sum(1, keepdims=True)
    trust = total / (total + _PROFILE_UNITS)
    profile: Float64Array = np.maximum(trust * relative(units, days) + (1 - trust) * shop, 0.02)
    return profile[:, season]


def _variance_inflation(drivers: Sequence[Float64Array]) -> Float64Array:
    """How much less certain each response is, as drivers go along with each other."""
    if len(drivers) == 1:
        return np.ones(1)
    flat = np.array([driver.reshape(-1) for driver in drivers])
    scale = np.sqrt((flat**2).sum(1, keepdims=True))
    alike = (flat / np.maximum(scale, 1e-9)) @ (flat / np.maximum(scale, 1e-9)).T
    inverse = np.linalg.inv(alike + 0.01 * np.eye(len(alike)))
    inflation: Float64Array = np.maximum(np.diag(inverse), 1.0)
    return inflation


def _adaptively_shrunk(own: Float64Array, variance: Float64Array) -> Float64Array:
    """The expected response of each, by a mixture of normal distributions about 0 whose shares are estimated."""
    spreads = np.array(_SPREADS) ** 2
    total = variance[:, None] + spreads[None]
    logs = -0.5 * (np.log(total) + own[:, None] ** 2 / total)
    likely = np.exp(logs - logs.max(1, keepdims=True))
    shares = np.full(len(spreads), 1 / len(spreads))
    for _ in range(50):
        given = likely * shares
        given /= given.sum(1, keepdims=True)
        counts = given.sum(0)
        counts[0] += _ALIKE
        shares = counts / counts.sum()
    given = likely * shares
    given /= given.sum(1, keepdims=True)
    expected: Float64Array = (given * (own[:, None] * spreads / total)).sum(1)
    return expected
