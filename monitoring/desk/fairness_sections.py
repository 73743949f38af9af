"""A fairness measurement as the desk shows it: a section per attribute, in it a plot and a table per metric."""

from __future__ import annotations

from dataclasses import dataclass

from core.settings import Rules
from models.fairness_result import UNKNOWN, FairnessResult, GroupFigure
from monitoring.desk import charts
from monitoring.desk.charts import Forest


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
        Section(attribute, tuple(_metric(name, figures, rules) for name, figures in metrics.items()))
        for attribute, metrics in grouped.items()
    ]
    return sorted(found, key=lambda section: (-section.flagged, section.attribute))


def _metric(name: str, figures: list[GroupFigure], rules: Rules) -> MetricByGroup:
    band = (rules.fairness_low, rules.fairness_high)
    apart = tuple(figure for figure in figures if figure.group == UNKNOWN and figure.outside(*band))
    return MetricByGroup(name, tuple(figures), charts.forest(figures, *band), apart)
