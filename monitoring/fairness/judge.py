"""The verdict on each group: a disparity is flagged only if it is large and certain.

Each group stands beside the rest of its attribute (never smallest beside largest), intervals are corrected
for the number of groups judged (Bonferroni), a group with too few customers is shown and not judged, and
`unknown` is shown, not judged, and no part of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

import numpy as np

from core.settings import Rules
from models.fairness_result import JUDGED, UNKNOWN, GroupFigure, Verdict
from monitoring.fairness import power, ratio_intervals
from monitoring.fairness.counting import RATES, TRUE_POSITIVE_RATE, Confusion, Proportion, rest_of
from monitoring.fairness.power import Findable
from monitoring.fairness.ratio_intervals import Floats, RatioInterval, Side

CONFIDENCE = 0.95
TOO_FEW: Final = "too few to judge"


@dataclass(frozen=True)
class Limits:
    """What is fair, and what is enough to judge."""

    low: float = 0.85
    high: float = 1.18
    min_group: int = 30
    min_selected: float = 5
    min_positives: int = 10

    @property
    def band(self) -> tuple[float, float]:
        """The fair ratios, from and to."""
        return self.low, self.high

    @classmethod
    def of(cls, rules: Rules) -> Limits:
        """The limits a workspace's settings give."""
        return cls(
            rules.fairness_low,
            rules.fairness_high,
            rules.fairness_min_group,
            rules.fairness_min_selected,
            rules.fairness_min_positives,
        )


@dataclass(frozen=True)
class GroupComparison:
    """One group beside the rest, before the verdict."""

    group: str
    n: int
    value: float | None
    rest: float | None
    enough: bool
    ratio: RatioInterval | None
    needs: int | None
    findable: Findable


def rates(attribute: str, tables: Mapping[str, Confusion], limits: Limits) -> list[GroupFigure]:
    """Selection, true- and false-positive rate of every group of one attribute."""
    rests = {group: rest_of(tables, group) for group in tables}
    return [figure for metric in RATES for figure in _rate(attribute, metric, tables, rests, limits)]


def means(attribute: str, metric: str, values: Mapping[str, Floats], limits: Limits) -> list[GroupFigure]:
    """The mean of a non-negative value over each group's customers, beside the rest."""
    return ratios(attribute, metric, {group: (v, np.ones(len(v))) for group, v in values.items()}, limits)


def ratios(attribute: str, metric: str, values: Mapping[str, Side], limits: Limits) -> list[GroupFigure]:
    """A ratio of sums (numerators, denominators per unit) of each group, beside the rest; for wMAPE."""
    sides = {group: (values[group], _others(values, group)) for group in values}
    judged = [g for g, pair in sides.items() if g != UNKNOWN and min(len(s[0]) for s in pair) >= limits.min_group]
    confidence = corrected(len(judged))
    figures = []
    for group, (one, two) in sides.items():
        ratio = ratio_intervals.of_ratios(one, two, confidence)
        more = power.more_for_count(len(one[0]), len(two[0]), limits.min_group)
        findable = power.of_interval(ratio, confidence, limits.band) if ratio else Findable()
        found = GroupComparison(group, len(one[0]), _value(one), _value(two), group in judged, ratio, more, findable)
        figures.append(_figure(attribute, metric, found, limits))
    return figures


def watched(figures: Sequence[GroupFigure]) -> list[GroupFigure]:
    """Figures that are shown and not judged; too few to judge stays said."""
    return [figure if figure.verdict == TOO_FEW else replace(figure, verdict="not judged") for figure in figures]


def corrected(groups: int) -> float:
    """The confidence of each interval such that all of an attribute's hold together with 95% (Bonferroni)."""
    return 1 - (1 - CONFIDENCE) / max(groups, 1)


def verdict(group: str, enough: bool, ratio: RatioInterval | None, limits: Limits) -> Verdict:
    """Flagged only if the whole interval, and so the ratio in it, lies on one side of the fair band."""
    if group == UNKNOWN:
        return "not judged"
    if not enough or ratio is None:
        return TOO_FEW
    return "flagged" if ratio.high < limits.low or ratio.low > limits.high else "ok"


def _rate(
    attribute: str,
    metric: str,
    tables: Mapping[str, Confusion],
    rests: Mapping[str, Confusion],
    limits: Limits,
) -> list[GroupFigure]:
    judged = [g for g in tables if g != UNKNOWN and _enough_counts(metric, tables[g], rests[g], limits)]
    confidence = corrected(len(judged))
    figures = []
    for group in tables:
        one, two = RATES[metric](tables[group]), RATES[metric](rests[group])
        ratio = ratio_intervals.of_proportions(one, two, confidence) if one.total and two.total else None
        more = _needs(metric, tables[group], rests[group], limits)
        findable = power.of_proportions(one, two, confidence, limits.band) if ratio else Findable()
        found = GroupComparison(group, one.total, one.rate, two.rate, group in judged, ratio, more, findable)
        figures.append(_figure(attribute, metric, found, limits))
    return figures


def _enough_counts(metric: str, table: Confusion, rest: Confusion, limits: Limits) -> bool:
    """Both sides need customers and expected selections (at the rate of both); a TPR needs positives too."""
    sides = [RATES[metric](table), RATES[metric](rest)]
    both = Proportion(sides[0].count + sides[1].count, sides[0].total + sides[1].total).rate
    if both is None or min(table.n, rest.n) < limits.min_group:
        return False
    if metric == TRUE_POSITIVE_RATE and min(side.total for side in sides) < limits.min_positives:
        return False
    return all(side.total * both >= limits.min_selected for side in sides)


def _needs(metric: str, table: Confusion, rest: Confusion, limits: Limits) -> int | None:
    """How many more of the group would be enough to judge; None where none are needed or the rest falls short."""
    sides = (RATES[metric](table), RATES[metric](rest))
    fewest = limits.min_positives if metric == TRUE_POSITIVE_RATE else 1
    more = (
        power.more_for_rate(sides, limits.min_selected, fewest),
        power.more_for_count(table.n, rest.n, limits.min_group),
    )
    return max(filter(None, more), default=None)


def _others(values: Mapping[str, Side], group: str) -> Side:
    others = [value for name, value in values.items() if name not in (group, UNKNOWN)]
    if not others:
        return np.empty(0), np.empty(0)
    return np.concatenate([top for top, _ in others]), np.concatenate([bottom for _, bottom in others])


def _value(side: Side) -> float | None:
    total = float(side[1].sum())
    return float(side[0].sum()) / total if total > 0 else None


def _figure(attribute: str, metric: str, found: GroupComparison, limits: Limits) -> GroupFigure:
    ratio = found.ratio if found.ratio and isfinite(found.ratio.high) and isfinite(found.ratio.value) else None
    said = verdict(found.group, found.enough, ratio, limits)
    few, judged = said == TOO_FEW, said in JUDGED
    return GroupFigure(
        attribute,
        found.group,
        metric,
        found.n,
        found.value,
        found.rest,
        ratio.value if ratio else None,
        ratio.low if ratio else None,
        ratio.high if ratio else None,
        said,
        found.needs if few else None,
        found.findable.below if judged else None,
        found.findable.above if judged else None,
        ratio.p if ratio and judged else None,
    )
