"""What a series was to be expected to be, and how far its own past strayed from such expectations.

Snapshots of the same customers are anything but independent, and the season moves them: theory for samples says
nothing of them. So each series is forecast over a gap (7 and 28 days) from its own past, as simply as can be, and the
same forecast is made for every day of the past. Its errors there are what chance is: the error now is compared with
them by Student's t, with as many degrees of freedom as gaps lie side by side in the past. It must also clearly exceed
the largest error of the past, for errors have heavier tails than any formula.

A year has few gaps, so that a series' own variance is told badly; series of one kind tell each other's. Variances are
shrunk towards what is common among them, and the degrees of freedom that the others lend are counted (the moderated t
of Smyth, 2004).

Four forecasts compete on the past of each series: its value before the gap, the mean of its last four, its pace
carried on, and (from the second year on) last year's change at the same time added to the value before the gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, polygamma, stdtrit
from scipy.stats import t as student

from models.arrays import Float64Array, Int64Array

GAPS = (7, 28)
"""Days between what is compared and the latest day that the expectation knows."""
FEWEST_ERRORS = 6
CLEARLY = 1.3
"""So many times the largest error of the past an error must be."""
SEASON_DAYS, SEASON_NEAR = 364, 3
SELECTION = 1.1
"""Errors of the forecast that was chosen for being the best are too small by about a tenth."""
PACE_STEPS = 4
MOST_LENT = 20.0
"""Degrees of freedom that other series lend, at most."""
FEWEST_LENDERS = 5


@dataclass(frozen=True)
class SeriesVerdicts:
    """Per series: the error now (signed), its probability by chance, and the error that had been needed at a level."""

    error: Float64Array
    p: Float64Array
    sigma: Float64Array
    freedom: Float64Array
    most: Float64Array

    def needed(self, level: float, place: int) -> float:
        """How large an error of the series in a place is significant at a level."""
        quantile = -float(stdtrit(max(self.freedom[place], 1.0), max(level, 1e-300) / 2))
        return float(np.maximum(quantile * self.sigma[place], CLEARLY * self.most[place]))


def judge(days: Int64Array, values: Float64Array, floor: Float64Array, alike: Int64Array) -> SeriesVerdicts:
    """The last day of `values` [days, series] beside its past; days ascend, as ordinals.

    `alike` [series] numbers the kinds of series whose variances are comparable.

    `floor` [series] is the least standard error that is believed: a series that never moved may move a little. The gap
    that tells more counts, twice its probability (Bonferroni).
    """
    found = [_over_gap(days, values, floor, alike, gap) for gap in GAPS]
    p = np.array([each.p for each in found])
    best = np.argmin(np.where(np.isnan(p), np.inf, p), axis=0)

    def chosen(name: str) -> Float64Array:
        return np.asarray(np.take_along_axis(np.array([getattr(each, name) for each in found]), best[None], 0)[0])

    tested = np.maximum((~np.isnan(p)).sum(axis=0), 1)
    together = np.minimum(chosen("p") * tested, 1.0)
    return SeriesVerdicts(chosen("error"), together, chosen("sigma"), chosen("freedom"), chosen("most"))


def _over_gap(
    days: Int64Array, values: Float64Array, floor: Float64Array, alike: Int64Array, gap: int
) -> SeriesVerdicts:
    targets, bases = _bases(days, gap)
    width = values.shape[1]
    if not len(targets) or targets[-1] != len(days) - 1:
        nothing = np.full(width, np.nan)
        return SeriesVerdicts(nothing, nothing, nothing, nothing, nothing)
    forecasts = _forecasts(days, values, targets, bases)
    errors = values[targets][None] - forecasts
    past = errors[:, :-1]
    known = np.isfinite(past)
    count = known.sum(axis=1)
    square = np.where(known, past, 0.0) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(count >= FEWEST_ERRORS, square.sum(axis=1) / count, np.inf)
    score = np.where(np.isfinite(errors[:, -1]), score, np.inf)
    which = np.argmin(score, axis=0)[None]
    variance = np.take_along_axis(score, which, 0)[0]
    error = np.take_along_axis(errors[:, -1], which, 0)[0]
    n = np.take_along_axis(count, which, 0)[0].astype(float)
    most = np.sqrt(np.take_along_axis(square.max(axis=1) if past.shape[1] else count * np.nan, which, 0)[0])
    apart = max((days[targets[-2]] - days[targets[0]]) / gap + 1, 1.0) if len(targets) > 1 else 1.0
    freedom = np.maximum(np.minimum(n, apart) - 1, 1.0)
    variance, freedom = _moderated(variance, freedom, alike)
    with np.errstate(invalid="ignore", divide="ignore"):
        sigma = np.sqrt(variance * SELECTION**2 * (1 + 1 / np.maximum(n, 1)) + floor**2)
        p = 2 * student.sf(np.abs(error) / sigma, freedom)
    within = np.abs(error) <= CLEARLY * most
    p = np.where(within, np.maximum(p, 1 / (n + 1)), p)
    judged = np.isfinite(variance) & np.isfinite(error)
    blank = np.where(judged, 1.0, np.nan)
    return SeriesVerdicts(error * blank, p * blank, sigma * blank, freedom * blank, most * blank)


def _moderated(variance: Float64Array, freedom: Float64Array, alike: Int64Array) -> tuple[Float64Array, Float64Array]:
    """Variances shrunk to those of series of their kind, and the degrees of freedom with what the kind lends."""
    variance, freedom = variance.copy(), freedom.copy()
    for kind in np.unique(alike):
        own = np.flatnonzero((alike == kind) & np.isfinite(variance) & (variance > 0))
        if len(own) < FEWEST_LENDERS:
            continue
        half = freedom[own] / 2
        logs = np.log(variance[own]) - digamma(half) + np.log(half)
        spread = logs.var(ddof=1) - polygamma(1, half).mean()
        lent = min(2 * _inverse_trigamma(spread), MOST_LENT) if spread > 0 else MOST_LENT
        common = np.exp(logs.mean() + digamma(lent / 2) - np.log(lent / 2))
        variance[own] = (lent * common + freedom[own] * variance[own]) / (lent + freedom[own])
        freedom[own] += lent
    return variance, freedom


def _inverse_trigamma(value: float) -> float:
    """Newton's iteration of Smyth (2004), appendix."""
    found = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(polygamma(1, found))
        step = trigamma * (1 - trigamma / value) / float(polygamma(2, found))
        found += step
        if abs(step) < 1e-8 * found:
            break
    return found


def _bases(days: Int64Array, gap: int) -> tuple[Int64Array, Int64Array]:
    """The days that have an earlier one at least a gap before, and the latest such one of each.

    Where the last day's lies farther back, that is the gap of all: the past is not to be calmer than the present.
    """
    last = np.searchsorted(days, days[-1] - gap, side="right") - 1
    apart = int(days[-1] - days[last]) if last >= 0 else gap
    bases = np.searchsorted(days, days - apart, side="right") - 1
    targets = np.flatnonzero(bases >= 0)
    return targets, bases[targets]


def _forecasts(days: Int64Array, values: Float64Array, targets: Int64Array, bases: Int64Array) -> Float64Array:
    """[forecast, target, series]: value before, mean of four, pace carried on, last year's change."""
    before = values[bases]
    earlier = np.array([np.maximum(bases - back, 0) for back in range(PACE_STEPS)])
    mean = np.where((bases >= PACE_STEPS - 1)[:, None], values[earlier].mean(axis=0), np.nan)
    start = bases - PACE_STEPS
    back = np.maximum(start, 0)
    way = np.maximum(days[bases] - days[back], 1)
    pace = before + (before - values[back]) * ((days[targets] - days[bases]) / way)[:, None]
    pace = np.where((start >= 0)[:, None], pace, np.nan)
    return np.array([before, mean, pace, _seasonal(days, values, targets, bases)])


def _seasonal(days: Int64Array, values: Float64Array, targets: Int64Array, bases: Int64Array) -> Float64Array:
    then, then_base = _nearest(days, days[targets] - SEASON_DAYS), _nearest(days, days[bases] - SEASON_DAYS)
    there = (then >= 0) & (then_base >= 0)
    return np.where(there[:, None], values[bases] + values[then] - values[then_base], np.nan)


def _nearest(days: Int64Array, wanted: Int64Array) -> Int64Array:
    """The position of the day nearest to each wanted one; -1 where none is near."""
    right = np.clip(np.searchsorted(days, wanted), 0, len(days) - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.where(np.abs(days[left] - wanted) <= np.abs(days[right] - wanted), left, right)
    return np.where(np.abs(days[nearer] - wanted) <= SEASON_NEAR, nearer, -1)
