"""How much of a forecast level to apply: as much of earlier forecasts as came true on this shop.

A ridge regression through the origin of the level that came on the level that was forecast, drawn to a half. Where the
base rate jumps to and fro, as between holidays, a forecast that follows it is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from models.arrays import Float64Array
from training.churn.stacking import ScoredWindow, Stack

USUAL = 0.5
FIRMNESS = 0.03
"""In squared log-odds: forecasts of 0.17 that came, or did not, count as much as what is usual. Chosen, with USUAL, on
windows of Ta-Feng, the example shop of `lifetimes` and three invented shops (0.01 to 0.1 did nearly as well); looked at
afterwards, the Complete Journey before 2017-09-25 gained by it, and two invented series lost 0.0002 or less."""
_FARTHEST = 8.0
_LEAST = 1e-3


def share(stacks: Sequence[Stack], windows: Sequence[ScoredWindow]) -> float:
    """Between 0 and 1, by stacks that were weighed before each of these windows."""
    forecast = np.array([stack.moved for stack in stacks])
    came = np.array([level_that_came(stack, window) for stack, window in zip(stacks, windows, strict=True)])
    slope = (USUAL * FIRMNESS + float(forecast @ came)) / (FIRMNESS + float(forecast @ forecast))
    return float(np.clip(slope, 0.0, 1.0))


def level_that_came(stack: Stack, window: ScoredWindow) -> float:
    """By how much the log-odds without a forecast had to be moved for their mean chance to be the share that left."""
    said: Float64Array = stack.trusting(0.0).blended(window.margins)
    rate = float(np.clip(window.churned.mean(), _LEAST, 1 - _LEAST))
    low, high = (float(expit(said + end).mean()) - rate for end in (-_FARTHEST, _FARTHEST))
    if low > 0 or high < 0:
        return -_FARTHEST if low > 0 else _FARTHEST
    return float(brentq(lambda level: float(expit(said + level).mean()) - rate, -_FARTHEST, _FARTHEST))
