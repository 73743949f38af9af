"""Double machine learning's first half: what all else explains of sales, prices and promotions, and what is left.

A partially linear model (Robinson, 1988; Chernozhukov et al., 2018): sales and each treatment are predicted from the
controls by learners that never saw the weeks they predict (blocks of consecutive weeks), so that what is left of a
price is what neither season nor habit explains. Each learner is a ridge regression, which follows a trend beyond the
weeks it saw, with shallow boosted trees on what that leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xgboost as xgb

from models.arrays import BoolArray, Float64Array, Int64Array
from training.demand.pricing.weekly_panel import SEASON, WeeklyPanel, controls

BLOCKS = 10
_RIDGE = 10.0
_ROUNDS = 60
_TREES = {"tree_method": "hist", "max_depth": 3, "eta": 0.1, "min_child_weight": 10.0, "reg_lambda": 10.0,
          "max_bin": 64, "subsample": 0.8}  # fmt: skip
_LOGGED = 0.5
"""Added to units before their logarithm is taken, so that a week without a sale has one."""
_LEAST = 0.02
"""The least that is expected, as a share of the usual."""
_MOST_ROWS = 100_000
"""Weeks of units that one learner sees, about; of more, every second, third ... unit is left out of its sight."""
_GROUP_SEASON, _UNIT_SEASON = 5.0, 15.0
"""Weeks of one unit that its group's season, and its own beyond it, are held to none by."""
_SPREAD = 0.1
"""Variance of a week's sales beyond Poisson's, over the square of their mean: how far large units weigh more."""


@dataclass(frozen=True)
class Residuals:
    """What cross-fitting leaves.

    expected: (U, W), the units that the controls explain
    treatments: (1 + C, U, W), price and promotions less what the controls explain; 0 where not seen
    """

    expected: Float64Array
    treatments: Float64Array


def cross_fit(panel: WeeklyPanel, seed: int, threads: int = 1, boosted: bool = True) -> Residuals:
    """Predict each block of weeks from the others."""
    blocks = np.arange(panel.shape[1]) * BLOCKS // panel.shape[1]
    expected, left = np.zeros(panel.shape), np.zeros((1 + len(panel.promoted), *panel.shape))
    for block in range(BLOCKS):
        inside = panel.seen & (blocks == block)
        fold = _Fold.of(panel, inside, _Learner(seed, threads, boosted))
        expected[inside] = fold.sales()
        for number in range(len(left)):
            left[number][inside] = fold.left(number)
    return Residuals(expected, left)


@dataclass(frozen=True)
class _Fold:
    """The weeks that are predicted, `asked`, and those that are learnt from, `known`.

    usual: (U, W), the units that level and season of a unit, as the other weeks show them, make usual
    ratio: (U, W), sales over the usual; treatments: (1 + C, U, W), less the usual; columns: (U, W, F), the controls
    """

    known: BoolArray
    asked: BoolArray
    worth: Float64Array
    usual: Float64Array
    ratio: Float64Array
    treatments: Float64Array
    columns: Float64Array
    learner: _Learner

    @classmethod
    def of(cls, panel: WeeklyPanel, asked: BoolArray, learner: _Learner) -> _Fold:
        others = panel.seen & ~asked
        level = _mean(panel.units, others)
        worth = np.broadcast_to(_worth(level)[:, None], panel.shape)
        ratio = np.where(panel.seen, (panel.units + _LOGGED) / (level[:, None] + _LOGGED), 1.0)
        season = np.exp(_season(panel, np.log(ratio), np.where(others, worth, 0.0)))
        ratio, usual = np.where(panel.seen, ratio / season, 1.0), (level[:, None] + _LOGGED) * season
        treatments = np.stack([_less_usual(panel, each, others) for each in panel.treatments()])
        columns = controls(panel, np.log(ratio), treatments, level)
        every = 1 + int(others.sum()) // _MOST_ROWS
        known = others & (np.arange(panel.shape[0]) % every == 0)[:, None]
        return cls(known, asked, worth, usual, ratio, treatments, columns, learner)

    def sales(self) -> Float64Array:
        """The units expected in the weeks that are asked for."""
        rows, asked = self.columns[self.known], self.columns[self.asked]
        found = self.learner.ratios(rows, self.ratio[self.known], self.worth[self.known], asked)
        usual = self.usual[self.asked]
        units: Float64Array = np.maximum(found * usual - _LOGGED, _LEAST * usual)
        return units

    def left(self, number: int) -> Float64Array:
        """What is left of a treatment in the weeks that are asked for."""
        values, asked = self.treatments[number], self.columns[self.asked]
        expected = self.learner.differences(self.columns[self.known], values[self.known], asked)
        found: Float64Array = values[self.asked] - expected
        return found


def _less_usual(panel: WeeklyPanel, values: Float64Array, others: BoolArray) -> Float64Array:
    """A treatment less what the other weeks show to be a unit's usual and season; 0 where not seen."""
    values = values - _mean(values, others)[:, None]
    return np.where(panel.seen, values - _season(panel, values, others.astype(float)), 0.0)


def _season(panel: WeeklyPanel, values: Float64Array, weight: Float64Array) -> Float64Array:
    """The season that groups, and units beyond their group, have shown, (U, W)."""
    found = np.zeros(panel.shape)
    for place, strength in ((panel.group, _GROUP_SEASON), (np.arange(len(found)), _UNIT_SEASON)):
        slopes = _slopes(panel.calendar, values - found, weight, place, strength)
        found = found + slopes[place] @ panel.calendar[:, : slopes.shape[1]].T
    return found


@dataclass(frozen=True)
class _Learner:
    seed: int
    threads: int
    boosted: bool = True

    def ratios(
        self, known: Float64Array, target: Float64Array, weight: Float64Array, asked: Float64Array
    ) -> Float64Array:
        """Of positive ratios; the ridge is of their logarithms."""
        line, far = _ridge(known, np.log(target), weight, asked)
        settings = _TREES | {"objective": "count:poisson", "max_delta_step": 0.7}
        scaled = weight / weight.mean()
        return np.exp(far) if not self.boosted else self._boost(settings, (known, target, scaled, line), (asked, far))

    def differences(self, known: Float64Array, target: Float64Array, asked: Float64Array) -> Float64Array:
        """Of figures of either sign."""
        weight = np.ones(len(target))
        line, far = _ridge(known, target, weight, asked)
        settings = _TREES | {"objective": "reg:squarederror"}
        return far if not self.boosted else self._boost(settings, (known, target, weight, line), (asked, far))

    def _boost(
        self, settings: dict[str, object], known: tuple[Float64Array, ...], asked: tuple[Float64Array, Float64Array]
    ) -> Float64Array:
        rows, target, weight, line = known
        data = xgb.QuantileDMatrix(rows, label=target, weight=weight, base_margin=line, max_bin=64)
        trees = xgb.train(settings | {"seed": self.seed, "nthread": self.threads}, data, _ROUNDS)
        found: Float64Array = trees.predict(xgb.DMatrix(asked[0], base_margin=asked[1])).astype(np.float64)
        return found


def _ridge(
    known: Float64Array, target: Float64Array, weight: Float64Array, asked: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """What a weighted ridge regression says of the rows it learnt from and of those that are asked for."""
    middle, scale = known.mean(0), known.std(0)
    scale = np.where(scale > 1e-9, scale, np.inf)
    share = weight / weight.mean()
    columns = np.hstack([np.ones((len(known), 1)), (known - middle) / scale])
    square = (columns * share[:, None]).T @ columns
    penalty = np.diag([1e-6, *([_RIDGE] * known.shape[1])])
    slopes = np.linalg.solve(square + penalty, columns.T @ (share * target))
    far = np.hstack([np.ones((len(asked), 1)), np.clip((asked - middle) / scale, -5, 5)])
    return columns @ slopes, far @ slopes


def _slopes(
    calendar: Float64Array, values: Float64Array, weight: Float64Array, place: Int64Array, strength: float
) -> Float64Array:
    """A ridge regression of each place on its season and trend, (places, 5); `strength` in weeks of one unit."""
    season = calendar[:, :SEASON]
    count = int(place.max()) + 1
    totals, pulls = np.zeros((count, season.shape[0])), np.zeros((count, season.shape[0]))
    np.add.at(totals, place, weight)
    np.add.at(pulls, place, weight * values)
    square = np.einsum("gw,wi,wj->gij", totals, season, season)
    unit = weight.sum() / max((weight > 0).sum(), 1)
    square += strength * unit * np.eye(season.shape[1])
    found: Float64Array = np.linalg.solve(square, (pulls @ season)[:, :, None])[:, :, 0]
    return found


def _worth(level: Float64Array) -> Float64Array:
    """What a week of a unit tells: with Poisson's variance and some beyond it."""
    found: Float64Array = level / (1 + _SPREAD * level) + 1e-3
    return found


def _mean(values: Float64Array, where: BoolArray) -> Float64Array:
    """The mean of each unit's weeks, 0 of none, (U,)."""
    found: Float64Array = (values * where).sum(1) / np.maximum(where.sum(1), 1)
    return found
