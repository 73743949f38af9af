"""Groups by two attributes at once, judged by the same rule after partial pooling.

A cell of two attributes is small, and there are many: each alone says little, and the farthest of many lies far by
chance. So that a cell's log ratio y to the rest is drawn towards what its two groups say together,

    y ~ N(t, s^2),  t = a(first group) + b(second group) + e(cell),  a, b ~ N(0, w^2),  e ~ N(0, v^2)

(Gelman and Hill: Data Analysis Using Regression and Multilevel Models, 12). s is known from the cell's own interval,
w and v are those of the greatest marginal likelihood, and the interval is the posterior's, corrected (Bonferroni) for
every cell of every pair that is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import exp, log
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
from scipy import stats

from models.arrays import Float64Array
from models.fairness_result import JUDGED, UNKNOWN, GroupFigure
from monitoring.fairness import judge, power
from monitoring.fairness.judge import Limits
from monitoring.fairness.ratio_intervals import RatioInterval

TIMES: Final = " x "
MOST_CELLS: Final = 300
"""Of one pair, the largest; an attribute with a thousand values would have a million."""
_SPREADS: Final = (0.03, 0.1, 0.2, 0.4, 0.8)
"""Standard deviations of log ratios to choose from; never zero, which would be certain of what few cells say."""

Judge: TypeAlias = "Callable[[str, pd.Series[str]], list[GroupFigure]]"


@dataclass(frozen=True)
class Pair:
    """Two attributes and the cell of each customer; a cell holds the names of its two groups."""

    name: str
    cells: pd.Series[str]
    parts: Mapping[str, tuple[str, str]]


def pairs(groups: pd.DataFrame, fewest: int) -> list[Pair]:
    """Each pair of attributes of customers (one column per attribute), cells of fewer than `fewest` together.

    Customers without one of the two attributes are `unknown`.
    """
    return [_pair(groups, one, two, fewest) for one, two in combinations(map(str, groups.columns), 2)]


def measure(groups: pd.DataFrame, figures: Judge, limits: Limits) -> list[GroupFigure]:
    """The figures of every cell of every pair of attributes; `figures` measures one attribute's groups.

    The cells too small to judge are one group of each pair, named by how many they are; who lacks an attribute is shown
    with that attribute.
    """
    crossed = [(pair, figures(pair.name, pair.cells)) for pair in pairs(groups, limits.min_group)]
    metrics = dict.fromkeys(figure.metric for _, found in crossed for figure in found)
    return [figure for metric in metrics for figure in _judged(metric, crossed, limits)]


def _pair(groups: pd.DataFrame, one: str, two: str, fewest: int) -> Pair:
    known = (groups[one] != UNKNOWN) & (groups[two] != UNKNOWN)
    cells = (groups[one] + ", " + groups[two]).where(known, UNKNOWN)
    counts = cells[known].value_counts()
    kept = counts[counts >= fewest].head(MOST_CELLS).index
    small = known & ~cells.isin(kept)
    cells = cells.mask(small, f"{len(counts) - len(kept)} smaller ones")
    parts = groups[known & ~small].assign(cell=cells).drop_duplicates("cell").set_index("cell")
    return Pair(
        f"{one}{TIMES}{two}", cells, dict(zip(parts.index, zip(parts[one], parts[two], strict=True), strict=True))
    )


def _judged(
    metric: str, crossed: Sequence[tuple[Pair, Sequence[GroupFigure]]], limits: Limits
) -> Iterable[GroupFigure]:
    of_pairs = [(pair, [figure for figure in found if figure.metric == metric]) for pair, found in crossed]
    cells = [[figure for figure in found if _is_cell(pair, figure)] for pair, found in of_pairs]
    confidence = judge.corrected(sum(map(len, cells)))
    for (pair, found), judged in zip(of_pairs, cells, strict=True):
        yield from _pooled(pair, judged, confidence, limits)
        yield from (_few(figure) for figure in found if not _is_cell(pair, figure) and figure.group != UNKNOWN)


def _is_cell(pair: Pair, figure: GroupFigure) -> bool:
    return figure.group in pair.parts and figure.verdict in JUDGED


def _few(figure: GroupFigure) -> GroupFigure:
    return replace(figure, verdict="too few to judge", finds_below=None, finds_above=None, p=None)


def _pooled(pair: Pair, cells: Sequence[GroupFigure], confidence: float, limits: Limits) -> list[GroupFigure]:
    """The cells with the ratio and interval of their posterior, and the verdict on that."""
    if not cells:
        return []
    means, deviations = posterior(
        np.array([log(cell.ratio or 1.0) for cell in cells]),
        np.array([_standard_error(cell, judge.corrected(len(cells))) for cell in cells]),
        [pair.parts[cell.group] for cell in cells],
    )
    reach = float(stats.norm.ppf(0.5 + confidence / 2))
    found = []
    for cell, mean, deviation in zip(cells, means, deviations, strict=True):
        same = 2 * float(stats.norm.sf(abs(mean) / max(deviation, 1e-12)))
        ratio = RatioInterval(exp(mean), exp(mean - reach * deviation), exp(mean + reach * deviation), same)
        findable = power.of_interval(ratio, confidence, limits.band)
        found.append(
            replace(
                cell,
                ratio=ratio.value,
                low=ratio.low,
                high=ratio.high,
                verdict=judge.verdict(cell.group, enough=True, ratio=ratio, limits=limits),
                finds_below=findable.below,
                finds_above=findable.above,
                p=ratio.p,
            )
        )
    return found


def _standard_error(cell: GroupFigure, confidence: float) -> float:
    ratio, low, high = cell.ratio or 1.0, cell.low or 1.0, cell.high or 1.0
    return max(power.standard_error(RatioInterval(ratio, low, high), confidence), 1e-6)


def posterior(
    found: Float64Array, errors: Float64Array, parts: Sequence[tuple[str, str]]
) -> tuple[Float64Array, Float64Array]:
    """Mean and standard deviation of each cell's true log ratio, given all of a pair's.

    Args:
        found: the log ratio of each cell to the rest.
        errors: its standard error.
        parts: the two groups that meet in each cell.
    """
    shared: Float64Array = sum(
        (np.equal.outer(names, names).astype(float) for names in map(np.array, zip(*parts, strict=True))),
        np.zeros((len(found), len(found))),
    )
    noise, own = np.diag(errors**2), np.eye(len(found))
    priors = [w**2 * shared + v**2 * own for w in _SPREADS for v in _SPREADS]
    prior = max(priors, key=lambda each: _log_likelihood(found, each + noise))
    gain = np.linalg.solve(prior + noise, prior).T
    spread = prior - gain @ prior
    return gain @ found, np.sqrt(np.maximum(np.diag(spread), 0.0))


def _log_likelihood(found: Float64Array, covariance: Float64Array) -> float:
    root = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(root, found)
    return -float(np.log(np.diag(root)).sum()) - float(whitened @ whitened) / 2
