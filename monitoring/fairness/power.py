"""What a comparison could have found, and how many more it takes to judge: silence is no proof of fairness.

A disparity is findable where it would be flagged in `POWER` of samples of this size: the whole interval beyond the
limit, which for a true ratio R and the standard error s of its logarithm takes
`log R - log limit >= (z(confidence) + z(POWER)) s` (Chow, Shao, Wang: Sample Size Calculations in Clinical Research,
4.2, on the log scale).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, log
from typing import Final

import numpy as np
from scipy import stats

from monitoring.fairness.counting import Proportion
from monitoring.fairness.ratio_intervals import FARTHEST, RatioInterval

POWER: Final = 0.8
_STEPS: Final = 600


@dataclass(frozen=True)
class Findable:
    """The mildest true ratios that would be flagged in `POWER` of such samples; None where none would."""

    below: float | None = None
    above: float | None = None


def of_proportions(group: Proportion, rest: Proportion, confidence: float, limits: tuple[float, float]) -> Findable:
    """For the ratio of two proportions, at the rate of the rest.

    The variance of the logarithm is that of Katz et al. (1978): (1 - p1) / (m p1) + (1 - p2) / (n p2).
    """
    if not rest.count or not group.total:
        return Findable()
    base, needed = rest.count / rest.total, _quantiles(confidence)

    def first(ratios: np.ndarray[tuple[int], np.dtype[np.float64]], limit: float) -> float | None:
        rate = ratios * base
        possible = rate <= 1
        spread = np.sqrt(np.maximum(1 - rate, 0) / (group.total * rate) + (1 - base) / (rest.total * base))
        found = np.flatnonzero(possible & (np.abs(np.log(ratios / limit)) >= needed * spread))
        return float(ratios[found[0]]) if len(found) else None

    low, high = limits
    return Findable(
        first(np.geomspace(low, low / FARTHEST, _STEPS), low), first(np.geomspace(high, high * FARTHEST, _STEPS), high)
    )


def of_interval(ratio: RatioInterval, confidence: float, limits: tuple[float, float]) -> Findable:
    """For any ratio, by the width of its interval on the log scale."""
    if min(ratio.low, ratio.value) <= 0 or ratio.high >= FARTHEST or ratio.low <= 1 / FARTHEST:
        return Findable()
    reach = _quantiles(confidence) * standard_error(ratio, confidence)
    return Findable(limits[0] * exp(-reach), limits[1] * exp(reach))


def standard_error(ratio: RatioInterval, confidence: float) -> float:
    """That of the ratio's logarithm, by its interval."""
    return log(ratio.high / ratio.low) / (2 * float(stats.norm.ppf(0.5 + confidence / 2)))


def more_for_count(group: int, rest: int, fewest: int) -> int | None:
    """How many more units the group needs; None where it is the rest that is too small."""
    return None if rest < fewest or group >= fewest else fewest - group


def more_for_rate(sides: tuple[Proportion, Proportion], expected: float, fewest: int) -> int | None:
    """How many more units of the group it takes for `fewest` of them and `expected` selections at the rate of both.

    None where the rest falls short, or where nobody is selected at all.
    """
    group, rest = sides
    rate = (group.count + rest.count) / max(group.total + rest.total, 1)
    if not rate:
        return None
    wanted = max(fewest, ceil(expected / rate))
    return None if rest.total < wanted or group.total >= wanted else wanted - group.total


def _quantiles(confidence: float) -> float:
    return float(stats.norm.ppf(0.5 + confidence / 2) + stats.norm.ppf(POWER))
