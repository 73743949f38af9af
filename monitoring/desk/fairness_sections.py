"""A fairness measurement as the desk shows it: a section per attribute, in it a plot and a table per metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from core.settings import Rules
from models.fairness_result import UNKNOWN, FairnessResult, GroupFigure, TradeOff
from monitoring.desk import charts
from monitoring.desk.charts import Forest, Point
from monitoring.desk.languages import gettext, percent
from monitoring.desk.wording import term
from monitoring.fairness.intersections import TIMES


@dataclass(frozen=True)
class MetricByGroup:
    """One metric of every group of an attribute."""

    name: str
    figures: tuple[GroupFigure, ...]
    plot: Forest
    apart: tuple[GroupFigure, ...]
    """Those without the attribute, where they surely lie far from those with it."""


@dataclass(frozen=True)
class Section:
    """One attribute."""

    attribute: str
    metrics: tuple[MetricByGroup, ...]
    steps: tuple[TradeOff, ...]
    """What choosing more evenly would cost; none where nothing is chosen."""
    cost: Markup

    @property
    def over_time(self) -> bool:
        """Whether there is a page of its looks: of two attributes at once there is none."""
        return TIMES not in self.attribute

    @property
    def flagged(self) -> int:
        """How many figures are flagged."""
        return sum(figure.verdict == "flagged" for metric in self.metrics for figure in metric.figures)


def sections(result: FairnessResult | None, rules: Rules) -> list[Section]:
    """One per attribute, those with the most flagged figures first."""
    grouped: dict[str, dict[str, list[GroupFigure]]] = {}
    for figure in result.figures if result else ():
        grouped.setdefault(figure.attribute, {}).setdefault(figure.metric, []).append(figure)
    found = [
        _section(attribute, [_metric(name, figures, rules) for name, figures in metrics.items()], result)
        for attribute, metrics in grouped.items()
    ]
    return sorted(found, key=lambda section: (-section.flagged, section.attribute))


def _section(attribute: str, metrics: Sequence[MetricByGroup], result: FairnessResult | None) -> Section:
    steps = tuple(step for step in result.trade_offs if step.attribute == attribute) if result else ()
    points = [Point(gettext("%s even") % percent(step.strength), step.precision, step.low, step.high) for step in steps]
    title = gettext("precision of those chosen as %s is made even") % term(attribute)
    return Section(attribute, tuple(metrics), steps, charts.trend(points, title))


def _metric(name: str, figures: list[GroupFigure], rules: Rules) -> MetricByGroup:
    band = (rules.fairness_low, rules.fairness_high)
    apart = tuple(figure for figure in figures if figure.group == UNKNOWN and figure.outside(*band))
    return MetricByGroup(name, tuple(figures), charts.forest(figures, *band), apart)
