"""Where a figure that is seen once per window, with error, will be in the next: a base rate's level, or an accuracy.

A local level model (Durbin & Koopman 2012, chapter 2): the level moves by a random step from window to window, and each
window shows it with the error of so many customers. The step's size is chosen by likelihood on the shop's own windows.
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

    `steps` are the standard deviations of the step to choose from, as multiples of the usual one.
    """

    mean: float
    deviation: float
    usual_step: float
    steps: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0)


class ExpectedLevel(NamedTuple):
    """The level of the next window, and its standard deviation."""

    value: float
    deviation: float


BASE_RATE = LocalLevel(0.0, 0.3, 0.1)
"""How far, in log-odds, a base rate is from what members say: they are right on average."""
ACCURACY = LocalLevel(0.7, 1.0, 0.008)
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
        total = variance + error
        likelihood -= (math.log(total) + (value - level) ** 2 / total) / 2
        gain = variance / total
        level += gain * (value - level)
        variance = (1 - gain) * variance + step**2
    return ExpectedLevel(level, math.sqrt(variance)), likelihood
