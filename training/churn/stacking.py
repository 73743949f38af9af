"""Weighs the members of a portfolio: non-negative weights of their log-odds, shrunk to what usually serves.

Stacked generalisation (Wolpert 1992; non-negative: Breiman 1996) on forward-chained windows: every member's log-odds
are of customers and days it was not fitted on. Each window has a level of its own in the fit, so that a base rate that
moves does not bend the weights; the level of the coming window is `training.churn.level_forecast`'s to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from models.arrays import Float64Array, Int64Array
from training.churn import level_forecast
from training.churn.losses import log_losses

PRIOR: Mapping[str, float] = {
    "trees": 0.25,
    "logistic": 0.25,
    "linear_booster": 0.05,
    "rfm_logistic": 0.25,
    "bgnbd": 0.2,
}
"""The weights where nothing is known: good on shops of a hundred customers, where the simple ones count most."""
PLENTY: Mapping[str, float] = {
    "trees": 0.7,
    "logistic": 0.1,
    "linear_booster": 0.05,
    "rfm_logistic": 0.05,
    "bgnbd": 0.1,
}
"""The weights to expect of a shop with any number of customers."""
HALFWAY = 1500.0
"""Customers per window at which half of the way from one to the other is gone."""
STRENGTH = 30.0
"""How firmly: as much as some tens of customers of the evidence. HALFWAY, PLENTY and this were chosen together on past
windows of the Complete Journey before 2017-09-25 and of six other shops."""
HALF_LIFE_DAYS = 180.0
_MOST, _FARTHEST = 3.0, 8.0
_CLOSE = {"ftol": 1e-14, "gtol": 1e-6, "maxiter": 2000}  # so that a last digit of a feature is no other blend


@dataclass(frozen=True)
class ScoredWindow:
    """What the members said of the customers of a past date, shape (customers, members), and what came of them.

    `usual_rate` is the share that left in the window before it: what one would have said of all.
    """

    as_of: date
    margins: Float64Array
    churned: Int64Array
    usual_rate: float


@dataclass(frozen=True)
class Stack:
    """log-odds = shift + margins @ weights; `moved` is the part of the shift that is a forecast of the level."""

    names: tuple[str, ...]
    weights: Float64Array
    shift: float
    moved: float = 0.0

    def blended(self, margins: Float64Array) -> Float64Array:
        """Shape (customers,)."""
        return np.asarray(margins @ self.weights + self.shift)

    def trusting(self, share: float) -> Stack:
        """The same with so much of the level's forecast applied."""
        kept = share * self.moved
        return Stack(self.names, self.weights, self.shift - self.moved + kept, kept)

    def scaled(self, factor: float, rate: float) -> Stack:
        """The same drawn towards one rate for all: `factor` of what it says, the rest of the rate's log-odds."""
        shift = factor * self.shift + (1 - factor) * log_odds(rate)
        return Stack(self.names, self.weights * factor, shift, factor * self.moved)


def usual(names: Sequence[str], customers: float = 0.0) -> Stack:
    """The weights where nothing is known but how many customers a window has."""
    share = customers / (customers + HALFWAY)
    weights = np.array([(1 - share) * PRIOR[name] + share * PLENTY[name] for name in names])
    return Stack(tuple(names), weights / weights.sum(), 0.0)


def fit(names: Sequence[str], windows: Sequence[ScoredWindow], latest_rate: float, most_recent: date) -> Stack:
    """The weights that the windows speak for, and the level expected after them; the prior alone without windows.

    Args:
        names: the members, in the order of the windows' columns.
        windows: oldest first, one horizon apart.
        latest_rate: the share that left in the last window that is known.
        most_recent: the date from which a window's evidence ages.
    """
    told = [window for window in windows if 0 < window.churned.sum() < len(window.churned)]
    if not told:
        return usual(names)
    customers = float(np.mean([len(window.churned) for window in told]))
    trust = [0.5 ** ((most_recent - window.as_of).days / HALF_LIFE_DAYS) for window in told]
    weights, levels = _maximum(usual(names, customers).weights, told, np.array(trust))
    rest = 1 - float(weights.sum())
    # A level is the base rate's where the weights are small, and 0 where members are right as they are.
    moves = [level - rest * log_odds(window.usual_rate) for level, window in zip(levels, told, strict=True)]
    spreads = [_variance(window.margins @ weights + level) for level, window in zip(levels, told, strict=True)]
    expected = level_forecast.expected_level(moves, spreads, level_forecast.BASE_RATE).value
    return Stack(tuple(names), weights, expected + rest * log_odds(latest_rate), expected)


def _maximum(
    prior: Float64Array, windows: Sequence[ScoredWindow], trust: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Weights and levels of the greatest posterior: logistic likelihood, Gaussian prior around the usual weights."""
    count = len(prior)

    def loss(values: Float64Array) -> tuple[float, Float64Array]:
        weights, levels = values[:count], values[count:]
        total = STRENGTH / 2 * float(((weights - prior) ** 2).sum())
        slope, sides = STRENGTH * (weights - prior), np.zeros(len(windows))
        for i, window in enumerate(windows):
            said = window.margins @ weights + levels[i]
            total += trust[i] * float(log_losses(said, window.churned).sum())
            wrong = trust[i] * (expit(said) - window.churned)
            slope = slope + window.margins.T @ wrong
            sides[i] = wrong.sum()
        return total, np.concatenate([slope, sides])

    bounds = [(0.0, _MOST)] * count + [(-_FARTHEST, _FARTHEST)] * len(windows)
    start = np.concatenate([prior, np.zeros(len(windows))])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=_CLOSE)
    return found.x[:count], found.x[count:]


def _variance(margins: Float64Array) -> float:
    """Of a level, given the slopes: one over its Fisher information."""
    p = expit(margins)
    return float(1 / max((p * (1 - p)).sum(), 1e-3))


def log_odds(rate: float) -> float:
    """Of a rate, kept off 0 and 1."""
    return float(logit(np.clip(rate, 1e-3, 1 - 1e-3)))
