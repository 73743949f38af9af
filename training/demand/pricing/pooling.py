"""Double machine learning's second half: each unit's response to what is left of its price, pooled with the others'.

Sales are what the controls expect times exp(intercept + season of the unit + responses x what is left of price and
promotions), with a variance of `spread[0]` x mean + `spread[1]` x mean^2. A unit's coefficients are drawn around its
group's, and the groups' around the shop's; how far they differ is learnt (empirical Bayes: EM with a quadratic
approximation around each unit's best coefficients). A unit with much to say keeps its own figure, one with little
gets its group's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from models.arrays import Float64Array, Int64Array
from training.demand.pricing.cross_fitting import Residuals
from training.demand.pricing.weekly_panel import SEASON, WeeklyPanel

_ROUNDS = 15
_WILD = 3.0
"""Weeks that miss by more of their own deviations than this count as if they missed by it."""
_USUAL_DIFFERENCE = 0.5
_STRENGTH = 4.0
"""How many units it takes to learn as much of how far they differ as is assumed: by half, and groups by a quarter."""
_FAR = 3.0
"""Deviation of the shop's own figure before anything is seen: next to nothing is assumed of it."""
_LAGS = 4
"""Weeks over which the misses of a unit hang together."""
_MOST = 3.0
"""The most by which a unit's own coefficients change the logarithm of what is expected."""
_STEP = 1.0
"""The furthest that a coefficient goes in one round."""


@dataclass(frozen=True)
class Pooled:
    """Responses of U units to price and C channels.

    mean: (U, 1 + C); covariance: (U, 1 + C, 1 + C)
    own: (U,), how much of the response to price the unit's own weeks tell, 0 to 1
    shop, shop_deviation: (1 + C,), what the shop shows as a whole; between: (1 + C,), deviation of units within a group
    """

    mean: Float64Array
    covariance: Float64Array
    own: Float64Array
    shop: Float64Array
    shop_deviation: Float64Array
    between: Float64Array


def pool(panel: WeeklyPanel, left: Residuals) -> Pooled:
    """The responses of every unit."""
    state = _State.start(_SeenWeeks.of(panel, left), panel.group)
    for _ in range(_ROUNDS):
        state = state.next()
    return state.result(1 + len(panel.promoted))


@dataclass(frozen=True)
class _SeenWeeks:
    """The weeks that are seen, one after the other, ordered by unit and week."""

    unit: Int64Array
    sold: Float64Array
    expected: Float64Array
    design: Float64Array
    treatments: int
    units: int

    @classmethod
    def of(cls, panel: WeeklyPanel, left: Residuals) -> _SeenWeeks:
        unit, week = np.nonzero(panel.seen)
        season: Float64Array = panel.calendar[week, :SEASON]
        columns: list[Float64Array] = [each[unit, week] for each in left.treatments]
        columns += [np.ones(len(unit)), *season.T]
        shape = len(left.treatments), panel.shape[0]
        return cls(unit, panel.units[unit, week], left.expected[unit, week], np.stack(columns, axis=1), *shape)

    def sum(self, values: Float64Array) -> Float64Array:
        """Sums per unit."""
        flat = values.reshape(len(values), -1)
        sums: Float64Array = np.zeros((self.units, flat.shape[1]))
        for number, column in enumerate(flat.T):
            sums[:, number] = np.bincount(self.unit, column, self.units)
        return sums.reshape(self.units, *values.shape[1:])


@dataclass(frozen=True)
class _State:
    rows: _SeenWeeks
    group: Int64Array
    own: Float64Array
    """Coefficients of each unit, (U, K)."""
    covariance: Float64Array
    middle: Float64Array
    """Coefficients of each group, (G, K)."""
    middle_covariance: Float64Array
    shop: Float64Array
    shop_covariance: Float64Array
    within: Float64Array
    """Variances of units within a group, (K,)."""
    among: Float64Array
    """Variances of groups within the shop, (K,)."""
    spread: Float64Array
    scale: Float64Array

    @classmethod
    def start(cls, rows: _SeenWeeks, group: Int64Array) -> _State:
        count, groups = rows.design.shape[1], int(group.max()) + 1
        usual: Float64Array = np.full(count, _USUAL_DIFFERENCE**2)
        return cls(
            rows=rows,
            group=group,
            own=np.zeros((rows.units, count)),
            covariance=np.zeros((rows.units, count, count)),
            middle=np.zeros((groups, count)),
            middle_covariance=np.zeros((groups, count, count)),
            shop=np.zeros(count),
            shop_covariance=np.zeros((count, count)),
            within=usual,
            among=usual / 4,
            spread=np.array([1.0, 0.2]),
            scale=np.ones(rows.units),
        )

    def next(self) -> _State:
        square, slope, spread, scale = self._curvature()
        prior = np.diag(1 / self.within)
        covariance = np.linalg.inv(square + prior).astype(np.float64)
        pull = np.einsum("uij,uj->ui", square, self.own) + slope
        told = np.einsum("ij,ujk,uk->ui", prior, covariance, pull)
        # a unit's word on its group, its own difference to the group integrated out
        weight = prior - prior @ covariance @ prior
        best = np.einsum("uij,uj->ui", covariance, pull + self.middle[self.group] @ prior)
        own: Float64Array = self.own + np.clip(best - self.own, -_STEP, _STEP)
        middle, middle_covariance, shop, shop_covariance = self._above(weight, told)
        within = _variance(own - middle[self.group], covariance, _USUAL_DIFFERENCE**2)
        among = _variance(middle - shop, middle_covariance, _USUAL_DIFFERENCE**2 / 4)
        return _State(self.rows, self.group, own, covariance, middle, middle_covariance, shop, shop_covariance,
                      within, among, spread, scale)  # fmt: skip

    def result(self, treatments: int) -> Pooled:
        prior, kept = np.diag(1 / self.within), slice(treatments)
        share = self.covariance @ prior
        covariance = self.covariance + share @ self.middle_covariance[self.group] @ share.transpose(0, 2, 1)
        own = 1 - self.covariance[:, 0, 0] / self.within[0]
        return Pooled(self.own[:, kept], covariance[:, kept, kept], np.clip(own, 0.0, 1.0), self.shop[kept],
                      np.sqrt(np.diag(self.shop_covariance))[kept], np.sqrt(self.within[kept]))  # fmt: skip

    def _curvature(self) -> tuple[Float64Array, Float64Array, Float64Array, Float64Array]:
        rows = self.rows
        line = np.einsum("nk,nk->n", rows.design, self.own[rows.unit])
        mean = rows.expected * np.exp(np.clip(line, -_MOST, _MOST)) + 1e-6
        miss = (rows.sold - mean) / mean
        spread = _spread(miss, mean)
        weight = mean / (spread[0] + spread[1] * mean)
        chi = miss * np.sqrt(weight)
        scale = _scale(rows, np.clip(chi, -_WILD, _WILD))
        weight = weight / scale[rows.unit]
        bounded = np.clip(miss * np.sqrt(weight), -_WILD, _WILD) * np.sqrt(weight)
        inflated = self._inflation(bounded)
        square = rows.sum(weight[:, None, None] * rows.design[:, :, None] * rows.design[:, None, :])
        slope = rows.sum(bounded[:, None] * rows.design)
        return square / inflated, slope / inflated, spread, scale

    def _inflation(self, pull: Float64Array) -> float:
        """How many times the variance of what pulls at the price exceeds that of independent weeks, at least 1.

        Weeks of a unit that follow each other miss alike; their covariances are summed up to a lag, less the further.
        """
        each = pull * self.rows.design[:, 0]
        total = variance = float((each**2).sum())
        for lag in range(1, _LAGS + 1):
            same = self.rows.unit[lag:] == self.rows.unit[:-lag]
            total += 2 * (1 - lag / (_LAGS + 1)) * float((each[lag:] * each[:-lag])[same].sum())
        return max(total / max(variance, 1e-12), 1.0)

    def _above(
        self, weight: Float64Array, told: Float64Array
    ) -> tuple[Float64Array, Float64Array, Float64Array, Float64Array]:
        """The groups' coefficients, and the shop's above them."""
        count, groups = weight.shape[1], len(self.middle)
        sums, pulls = np.zeros((groups, count, count)), np.zeros((groups, count))
        np.add.at(sums, self.group, weight)
        np.add.at(pulls, self.group, told)
        prior = np.diag(1 / self.among)
        covariance = np.linalg.inv(sums + prior)
        up = prior - prior @ covariance @ prior
        shop_covariance = np.linalg.inv(up.sum(0) + np.eye(count) / _FAR**2)
        shop = shop_covariance @ np.einsum("ij,gjk,gk->i", prior, covariance, pulls)
        middle = np.einsum("gij,gj->gi", covariance, pulls + shop @ prior)
        lent = covariance @ prior
        full = covariance + lent @ shop_covariance @ lent.transpose(0, 2, 1)
        return middle, full, shop, shop_covariance


def _variance(differences: Float64Array, covariance: Float64Array, usual: float) -> Float64Array:
    """Of coefficients around those above them; few units leave it near the usual."""
    squares = differences**2 + np.diagonal(covariance, axis1=1, axis2=2)
    found: Float64Array = np.maximum((squares.sum(0) + _STRENGTH * usual) / (len(squares) + _STRENGTH), 1e-4)
    return found


def _spread(miss: Float64Array, mean: Float64Array) -> Float64Array:
    """Variance over mean, and beyond it over the mean's square, from squared relative misses."""
    weight = 1 / (1 / mean + 0.1)
    square = np.minimum(miss**2, 9 * np.maximum(1 / mean, 0.3))
    found, _ = nnls(np.stack([weight / mean, weight], axis=1), weight * square)
    spread: Float64Array = np.maximum(found, [0.2, 1e-3])
    return spread


def _scale(rows: _SeenWeeks, chi: Float64Array) -> Float64Array:
    """How unsteady each unit is beside the others, drawn to 1 as by ten weeks more."""
    weeks = np.bincount(rows.unit, minlength=rows.units)
    found: Float64Array = (np.bincount(rows.unit, chi**2, rows.units) + 10) / (weeks + 10)
    return found
