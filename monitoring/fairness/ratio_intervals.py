"""Intervals for the ratio of two groups' figures, on the log scale where a ratio and its inverse mirror.

Each takes the confidence it is asked for; `judge` passes one that is corrected for the number of groups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from monitoring.fairness.counting import Proportion

Floats = npt.NDArray[np.float64]
Side = tuple[Floats, Floats]
FARTHEST = 1000.0


@dataclass(frozen=True)
class RatioInterval:
    """A ratio with the interval around it: `low <= value <= high`.

    `p` is the p-value of equality: how often a ratio as far from 1 comes where both are the same.
    """

    value: float
    low: float
    high: float
    p: float = 1.0

    def inverse(self) -> RatioInterval:
        """The same comparison seen from the other side."""
        return RatioInterval(1 / self.value, 1 / self.high, 1 / self.low, self.p)


def of_proportions(group: Proportion, rest: Proportion, confidence: float) -> RatioInterval:
    """The score interval for the ratio of two independent proportions (Koopman 1984; Miettinen and Nurminen 1985).

    It holds every ratio t that a score test of p1 = t p2 does not reject, so it survives counts of zero and of
    everybody, where intervals from a variance collapse. Bounds beyond `FARTHEST` (or its inverse) stop there. Where
    a count is zero the value is the ratio with half an observation added to each count, as Walters (1975) has it;
    where both are zero it is 1.
    """
    value = _value(group, rest)
    z2 = float(stats.chi2.ppf(confidence, 1))

    def rejected(ratio: float) -> bool:
        return _score(group, rest, ratio) > z2

    low, high = min(_bound(rejected, value, 1 / FARTHEST), value), max(_bound(rejected, value, FARTHEST), value)
    return RatioInterval(value, low, high, float(stats.chi2.sf(_score(group, rest, 1.0), 1)))


def _value(group: Proportion, rest: Proportion) -> float:
    if not group.count and not rest.count:
        return 1.0
    extra = 0.0 if group.count and rest.count else 0.5
    a, m, b, n = group.count + extra, group.total + extra, rest.count + extra, rest.total + extra
    return (a / m) / (b / n)


def _score(group: Proportion, rest: Proportion, ratio: float) -> float:
    """The squared score statistic of p1 = ratio * p2, at the most likely p1 and p2 for which that holds."""
    a, m, b, n = group.count, group.total, rest.count, rest.total
    total = m + n
    middle = ratio * (m + b) + a + n
    root = sqrt(max(0.0, middle**2 - 4 * ratio * total * (a + b)))
    p2 = (middle - root) / (2 * ratio * total)
    p1 = min(ratio * p2, 1.0)
    variance = p1 * (1 - p1) / m + ratio**2 * p2 * (1 - p2) / n
    distance = a / m - ratio * b / n
    return distance**2 / variance if variance > 0 else (0.0 if distance == 0 else inf)


def _bound(rejected: Callable[[float], bool], inside: float, farthest: float) -> float:
    """Where rejection begins between a ratio that is not rejected and the farthest, by bisection of logarithms."""
    if not rejected(farthest):
        return farthest
    near, far = log(inside), log(farthest)
    for _ in range(60):
        middle = (near + far) / 2
        near, far = (near, middle) if rejected(exp(middle)) else (middle, far)
    return exp(near)


def of_ratios(group: Side, rest: Side, confidence: float) -> RatioInterval | None:
    """The interval for the ratio of two ratios of sums, such as wMAPE = sum of errors / sum of actuals.

    Each side is (numerators, denominators) per independent unit, none negative; with denominators of one these are
    means, and the interval is Welch's on the log. Linearised (Cochran, Sampling
    Techniques, 6.3): var(R) = n / (n - 1) sum((e - R y)^2) / sum(y)^2. None where a side has no denominator
    or both have no numerator: then there is nothing to compare.
    """
    tops = (float(group[0].sum()), float(rest[0].sum()))
    if min(group[1].sum(), rest[1].sum()) <= 0 or max(tops) <= 0:
        return None
    if tops[0] <= 0:
        return _of_zero(group, rest, confidence)
    if tops[1] <= 0:
        return _of_zero(rest, group, confidence).inverse()
    pooled = (np.concatenate([group[0], rest[0]]), np.concatenate([group[1], rest[1]]))
    return _welch(_log_ratio(group, pooled), _log_ratio(rest, pooled), confidence)


def _of_zero(zero: Side, other: Side, confidence: float) -> RatioInterval:
    """The interval where every value of the first side is zero, which has no logarithm and no variance.

    With confidence 1 - a / 2 each: at most 1 - (a / 2)^(1 / n) of its units are not zero in truth (the exact bound
    for 0 of n), at the size that such units have on the other side; and the other side is not below its own bound.
    """
    n, alpha = len(zero[0]), 1 - confidence
    found = other[0] > 0
    size = float(other[0][found].sum() / other[1][found].sum())
    estimate = _log_ratio(other, other)
    lowest = exp(estimate.value - float(stats.t.ppf(1 - alpha / 2, estimate.df)) * sqrt(estimate.variance))
    value = max(0.5 / (n + 0.5) * size / exp(estimate.value), 1 / FARTHEST)
    high = (1 - (alpha / 2) ** (1 / n)) * size / max(lowest, 1e-300)
    same = min((1 - float(found.mean())) ** n, 1.0)
    return RatioInterval(value, 1 / FARTHEST, min(max(high, value), FARTHEST), same)


@dataclass(frozen=True)
class _LogEstimate:
    """A logarithm with its variance and the degrees of freedom of that variance."""

    value: float
    variance: float
    df: int


def _log_ratio(side: Side, pooled: Side) -> _LogEstimate:
    """The logarithm of a ratio of sums; a single unit has no variance and takes that of the pooled data."""
    top, bottom = side
    n, ratio = len(top), float(top.sum() / bottom.sum())
    sample = side if n > 1 else pooled
    centre = float(sample[0].sum() / sample[1].sum())
    residuals = (sample[0] - centre * sample[1]) / (float(bottom.sum()) * ratio)
    variance = n * float((residuals**2).sum()) / max(len(sample[0]) - 1, 1)
    return _LogEstimate(log(ratio), variance, max(n - 1, 1))


def _welch(one: _LogEstimate, two: _LogEstimate, confidence: float) -> RatioInterval:
    variance = one.variance + two.variance
    centre = one.value - two.value
    if variance == 0:
        return RatioInterval(exp(centre), exp(centre), exp(centre), float(centre == 0))
    df = variance**2 / (one.variance**2 / one.df + two.variance**2 / two.df)
    width = float(stats.t.ppf(0.5 + confidence / 2, df)) * sqrt(variance)
    same = 2 * float(stats.t.sf(abs(centre) / sqrt(variance), df))
    return RatioInterval(_exp(centre), _exp(centre - width), _exp(centre + width), same)


def _exp(power: float) -> float:
    return exp(power) if power < 700 else inf
