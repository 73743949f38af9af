"""How far the coming window's base rate is from what the members expect, told by how far it was in the past.

A local level model (Durbin & Koopman 2012, chapter 2): the level moves by a random step from window to window, and each
window shows it with the error of so many customers. The step's size is chosen by likelihood on the shop's own windows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

STEPS = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Standard deviations of the level's step per window, in log-odds."""
USUAL_STEP, _DOUBT = 0.1, 4.0  # few windows can't tell: how strongly the usual step is preferred
FIRST_VARIANCE = 0.09
"""Of the level before anything was seen, around 0: members are right on average."""


def expected_level(levels: Sequence[float], variances: Sequence[float]) -> float:
    """The level of the window after these, oldest first; `variances` are of their errors. 0 without windows."""
    found = [(_likelihood(levels, variances, step), step) for step in STEPS]
    _, step = max(found)
    return _filtered(levels, variances, step)[0]


def _likelihood(levels: Sequence[float], variances: Sequence[float], step: float) -> float:
    doubt = (math.log((step**2 + 1e-3) / USUAL_STEP**2)) ** 2 / (2 * _DOUBT)
    return _filtered(levels, variances, step)[1] - doubt


def _filtered(levels: Sequence[float], variances: Sequence[float], step: float) -> tuple[float, float]:
    """The Kalman filter's last level, and the log-likelihood of all it saw."""
    level, variance, likelihood = 0.0, FIRST_VARIANCE, 0.0
    for seen, error in zip(levels, variances, strict=True):
        total = variance + error
        likelihood -= (math.log(total) + (seen - level) ** 2 / total) / 2
        gain = variance / total
        level += gain * (seen - level)
        variance = (1 - gain) * variance + step**2
    return level, likelihood
