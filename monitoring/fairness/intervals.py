"""Intervals for the ratio of two groups' figures, on the log scale where a ratio and its inverse mirror.

Each takes the confidence it is asked for; `judge` passes one that is corrected for the number of groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from monitoring.fairness.counting import Proportion

Floats = npt.NDArray[np.float64]
Side = tuple[Floats, Floats]


@dataclass(frozen=True)
class Ratio:
    """A ratio with the interval around it: `low <= value <= high`."""

    value: float
    low: float
    high: float

    def inverse(self) -> Ratio:
        """The same comparison seen from the other side."""
        return Ratio(1 / self.value, 1 / self.high, 1 / self.low)


def of_proportions(group: Proportion, rest: Proportion, confidence: float) -> Ratio:
    """Walters' interval for the ratio of two independent proportions; finite with zero counts too.

    Half an observation is added to every count: log ratio = log((a + 1/2) / (m + 1/2)) - log((b + 1/2) /
    (n + 1/2)), with variance 1/(a + 1/2) - 1/(m + 1/2) + 1/(b + 1/2) - 1/(n + 1/2) (Walters 1975; Pettigrew,
    Gart and Thomas 1986). Its centre is the value where the plain ratio is 0, infinite or undefined.
    """
    a, m, b, n = group.count + 0.5, group.total + 0.5, rest.count + 0.5, rest.total + 0.5
    centre = log(a / m) - log(b / n)
    width = float(stats.norm.ppf(0.5 + confidence / 2)) * sqrt(max(0.0, 1 / a - 1 / m + 1 / b - 1 / n))
    low, high = exp(centre - width), exp(centre + width)
    plain = _plain(group, rest)
    # Near a bound the shrunk interval may miss the plain ratio; it is then widened to hold it.
    return Ratio(exp(centre), low, high) if plain is None else Ratio(plain, min(low, plain), max(high, plain))


def of_means(group: Floats, rest: Floats, confidence: float) -> Ratio | None:
    """Welch's interval for the ratio of two means of non-negative values, by the delta method on the log.

    se^2 = s1^2 / (n1 m1^2) + s2^2 / (n2 m2^2), with Welch-Satterthwaite degrees of freedom: a mean is the
    ratio of a sum to a count, so this is `of_ratios` with denominators of one.
    """
    return of_ratios((group, np.ones(len(group))), (rest, np.ones(len(rest))), confidence)


def of_ratios(group: Side, rest: Side, confidence: float) -> Ratio | None:
    """The interval for the ratio of two ratios of sums, such as wMAPE = sum of errors / sum of actuals.

    Each side is (numerators, denominators) per independent unit, none negative. Linearised (Cochran, Sampling
    Techniques, 6.3): var(R) = n / (n - 1) sum((e - R y)^2) / sum(y)^2. None where a side has no denominator
    or both have no numerator: then there is nothing to compare.
    """
    pooled = (np.concatenate([group[0], rest[0]]), np.concatenate([group[1], rest[1]]))
    if min(group[1].sum(), rest[1].sum()) <= 0 or pooled[0].sum() <= 0:
        return None
    return _welch(_log_ratio(group, pooled), _log_ratio(rest, pooled), confidence)


@dataclass(frozen=True)
class _LogEstimate:
    """A logarithm with its variance and the degrees of freedom of that variance."""

    value: float
    variance: float
    df: int


def _log_ratio(side: Side, pooled: Side) -> _LogEstimate:
    """The logarithm of a ratio of sums; a ratio of zero, which has none, gets half a unit of the pooled data."""
    top, bottom = side
    n, ratio = len(top), float(top.sum() / bottom.sum())
    sample = side if n > 1 and ratio > 0 else pooled
    if ratio <= 0:
        ratio = 0.5 * float(pooled[0].sum() / pooled[1].sum()) / (n + 0.5)
    centre = float(sample[0].sum() / sample[1].sum())
    residuals = sample[0] - centre * sample[1]
    spread = float((residuals**2).sum()) / (len(sample[0]) - 1)
    return _LogEstimate(log(ratio), n * spread / (float(bottom.sum()) * ratio) ** 2, max(n - 1, 1))


def _welch(one: _LogEstimate, two: _LogEstimate, confidence: float) -> Ratio:
    variance = one.variance + two.variance
    centre = one.value - two.value
    if variance == 0:
        return Ratio(exp(centre), exp(centre), exp(centre))
    df = variance**2 / (one.variance**2 / one.df + two.variance**2 / two.df)
    width = float(stats.t.ppf(0.5 + confidence / 2, df)) * sqrt(variance)
    return Ratio(_exp(centre), _exp(centre - width), _exp(centre + width))


def _plain(group: Proportion, rest: Proportion) -> float | None:
    if not group.count or not rest.count or not group.total or not rest.total:
        return None
    return (group.count / group.total) / (rest.count / rest.total)


def _exp(power: float) -> float:
    return exp(power) if power < 700 else inf
