"""Our figures as Evidently metrics, so that a reviewer sees them in the same report as drift.

Evidently has no fairness by group. `GroupFairness` shows all groups of one attribute and metric with their
intervals, and carries our verdicts as its tests; `Measured` does the same for any single figure. Both hold
figures that are computed already: Evidently draws and keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

from evidently._pydantic_compat import PrivateAttr
from evidently.core.datasets import Dataset
from evidently.core.metric_types import (
    MetricConfig,
    MetricTestResult,
    SingleValue,
    SingleValueCalculation,
    SingleValueMetric,
)
from evidently.core.report import Context
from evidently.legacy.model.widget import BaseWidgetInfo
from evidently.legacy.renderers.html_widgets import GraphData, plotly_graph, table_data
from evidently.legacy.tests.base_test import TestStatus

from models.fairness_result import Verdict

COLOURS: Mapping[Verdict, str] = MappingProxyType(
    {
        "ok": "#2f7d5b",
        "flagged": "#b3261e",
        "not certain yet": "#b26a00",
        "too few to judge": "#8a8f98",
        "not judged": "#8a8f98",
    }
)


class GroupFairness(SingleValueMetric):  # type: ignore[misc]
    """The groups of one attribute by one metric; its value is the number of flagged groups."""

    attribute: str
    metric_name: str
    low: float
    high: float
    _figures: list[dict[str, Any]] = PrivateAttr(default_factory=list)

    @classmethod
    def of(cls, attribute: str, metric_name: str, low: float, high: float, figures: list[dict[str, Any]]) -> Self:
        """The groups' figures are no parameters: Evidently copies and hashes those several times over."""
        made = cls(attribute=attribute, metric_name=metric_name, low=low, high=high)
        made._figures = figures
        return made


class GroupFairnessCalculation(SingleValueCalculation[GroupFairness]):  # type: ignore[misc]
    """Draws the groups and carries the verdicts."""

    STATUS: ClassVar[dict[str, TestStatus]] = {"ok": TestStatus.SUCCESS, "flagged": TestStatus.FAIL}

    def calculate(self, context: Context, current_data: Dataset, reference_data: Dataset | None) -> SingleValue:
        """The number of flagged groups, with the plot, the table and a test per group."""
        figures = self.metric._figures
        result = self.result(sum(each["verdict"] == "flagged" for each in figures))
        result.widget = [self._plot(), self._table()]
        config = self.to_metric_config()
        result.set_tests([self._test(each, config) for each in figures])
        return result

    def display_name(self) -> str:
        """What the report calls it."""
        return f"Fairness: {self.metric.metric_name} by {self.metric.attribute}"

    def _plot(self) -> BaseWidgetInfo:
        shown = [each for each in self.metric._figures if each["ratio"] is not None]
        band = {"type": "rect", "xref": "x", "x0": self.metric.low, "x1": self.metric.high}
        band |= {"yref": "y domain", "y0": 0, "y1": 1, "fillcolor": "#2f7d5b", "opacity": 0.12, "line": {"width": 0}}
        axis = {"type": "log", "title": {"text": f"{self.metric.metric_name}: ratio to the rest"}}
        points = {
            "type": "scatter",
            "x": [each["ratio"] for each in shown],
            "y": [f"{each['group']} ({each['n']})" for each in shown],
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": [each["high"] - each["ratio"] for each in shown],
                "arrayminus": [each["ratio"] - each["low"] for each in shown],
            },
            "mode": "markers",
            "marker": {"size": 9, "color": [COLOURS[each["verdict"]] for each in shown]},
        }
        # Plotly's own figure gives the same JSON after checking and copying each part, some hundred times a look.
        graph = GraphData(self.display_name(), [points], {"shapes": [band], "xaxis": axis})
        return plotly_graph(graph_data=graph)

    def _table(self) -> BaseWidgetInfo:
        rows = [
            [each["group"], each["n"], number(each["value"]), number(each["rest"]), interval(each), each["verdict"]]
            for each in self.metric._figures
        ]
        return table_data(column_names=["group", "n", "value", "the rest", "ratio [interval]", "verdict"], data=rows)

    def _test(self, figure: dict[str, Any], config: MetricConfig) -> MetricTestResult:
        return MetricTestResult(
            id=f"fairness-{self.metric.attribute}-{self.metric.metric_name}-{figure['group']}",
            name=f"{self.metric.metric_name} of {self.metric.attribute} = {figure['group']}",
            description=f"{interval(figure)} of the rest, n = {figure['n']}: {figure['verdict']}",
            status=self.STATUS.get(figure["verdict"], TestStatus.SKIPPED),
            metric_config=config,
            test_config={},
        )


class Measured(SingleValueMetric):  # type: ignore[misc]
    """A figure that was computed already: its value, one line that explains it, and whether it passed."""

    title: str
    figure: float
    text: str
    passed: bool
    rows: list[list[str]] = []


class MeasuredCalculation(SingleValueCalculation[Measured]):  # type: ignore[misc]
    """Shows the figure and carries the verdict."""

    def calculate(self, context: Context, current_data: Dataset, reference_data: Dataset | None) -> SingleValue:
        """The figure, as a one-line table and a test."""
        result = self.result(self.metric.figure)
        rows = self.metric.rows or [[self.metric.title, self.metric.text]]
        result.widget = [table_data(title=self.metric.title, column_names=["figure", "says"], data=rows)]
        result.set_tests([self._test()])
        return result

    def display_name(self) -> str:
        """What the report calls it."""
        return str(self.metric.title)

    def _test(self) -> MetricTestResult:
        return MetricTestResult(
            id=f"measured-{self.metric.title}",
            name=self.metric.title,
            description=self.metric.text,
            status=TestStatus.SUCCESS if self.metric.passed else TestStatus.FAIL,
            metric_config=self.to_metric_config(),
            test_config={},
        )


class DashboardPoint(SingleValueMetric):  # type: ignore[misc]
    """A figure whose course a dashboard draws. Evidently takes points of equal parameters for one series, so that the
    value may not be one of them.
    """

    title: str
    _figure: float = PrivateAttr(default=float("nan"))

    @classmethod
    def of(cls, title: str, figure: float) -> DashboardPoint:
        """The figure of this run."""
        made = cls(title=title)
        made._figure = figure
        return made


class DashboardPointCalculation(SingleValueCalculation[DashboardPoint]):  # type: ignore[misc]
    """Carries the figure; the report shows it where it is explained."""

    def calculate(self, context: Context, current_data: Dataset, reference_data: Dataset | None) -> SingleValue:
        """The figure."""
        result = self.result(self.metric._figure)
        result.widget = []
        return result

    def display_name(self) -> str:
        """What the dashboard calls it."""
        return str(self.metric.title)


def number(value: float | None) -> str:
    """Four digits, or a dash."""
    return "-" if value is None else f"{value:.4g}"


def interval(figure: dict[str, Any]) -> str:
    """`1.02 [0.80, 1.31]`, or a dash."""
    if figure["ratio"] is None:
        return "-"
    return f"{figure['ratio']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]"
