"""Where a figure that is seen once per window, with error, will be in the next: a base rate's level, or an accuracy.

A local level model (Durbin & Koopman 2012, chapter 2): the level moves by a random step from window to window and is
drawn to its mean, and each window shows it with the error of so many customers. The step's size is chosen by
likelihood on the shop's own windows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_DOUBT = 4.0  # few windows can't tell: how strongly the usual step is preferred
_LEAST_STEP = 0.03  # of the usual one, so that a step of 0 has a logarithm


@dataclass(frozen=True)
class LocalLevel:
    """What is thought of a level before anything was seen: its mean and deviation, and the usual step per window.

    `steps` are the standard deviations of the step to choose from, as multiples of the usual one. From window to
    window the level keeps the share `stays` of its distance from the mean; beside what so few customers make of it,
    each window has a `noise` of its own (a standard deviation).
    """

    mean: float
    deviation: float
    usual_step: float
    stays: float = 1.0
    noise: float = 0.0
    steps: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0)


class ExpectedLevel(NamedTuple):
    """The level of the next window, and its standard deviation."""

    value: float
    deviation: float


BASE_RATE = LocalLevel(0.0, 0.3, 0.1, stays=0.7, noise=0.1)
"""How far, in log-odds, a base rate is from what members say: they are right on average. Chosen on windows before
2017-09-25 of the Complete Journey, on Ta-Feng and on four invented shops: beside a level that stays whole, the mean
squared error of the forecast was a third less in sum, most of it on Ta-Feng; on two shops it was larger."""
ACCURACY = LocalLevel(0.7, 1.0, 0.008, noise=0.004)
"""A ROC-AUC or a log loss: anything, before the first window was seen."""


def expected_level(seen: Sequence[float], variances: Sequence[float], model: LocalLevel) -> ExpectedLevel:
    """The level of the window after these, oldest first; `variances` are of their errors."""
    filtered = [_filtered(seen, variances, model, size * model.usual_step) for size in model.steps]
    best = max(range(len(filtered)), key=lambda i: filtered[i][1] - _doubt(model.steps[i]))
    return filtered[best][0]


def _doubt(size: float) -> float:
    return math.log(size**2 + _LEAST_STEP) ** 2 / (2 * _DOUBT)


def _filtered(
    seen: Sequence[float], variances: Sequence[float], model: LocalLevel, step: float
) -> tuple[ExpectedLevel, float]:
    """The Kalman filter's level after the last window, and the log-likelihood of all it saw."""
    level, variance, likelihood = model.mean, model.deviation**2, 0.0
    for value, error in zip(seen, variances, strict=True):
        total = variance + error + model.noise**2
        likelihood -= (math.log(total) + (value - level) ** 2 / total) / 2
        gain = variance / total
        level += gain * (value - level)
        level = model.mean + model.stays * (level - model.mean)
        variance = (1 - gain) * variance * model.stays**2 + step**2
    return ExpectedLevel(level, math.sqrt(variance)), likelihood
