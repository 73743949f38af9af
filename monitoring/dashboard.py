"""The panels of a project in Evidently's workspace: the courses of its figures over the runs.

A figure has a panel from the first run on that tells it (`evidently_metrics.DashboardPoint`). Panels that somebody made
or moved on Evidently's own pages stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evidently.core.report import Snapshot
from evidently.sdk.models import DashboardPanelPlot, PanelMetric
from evidently.sdk.panels import line_plot_panel
from evidently.ui.workspace import Project

from monitoring.business import Figure
from monitoring.evidently_metrics import DashboardPoint
from monitoring.results import ModelReport

PERFORMANCE: Final = "Performance beside its floor"
DRIFT: Final = "Drift: share of columns that moved"
FAIRNESS: Final = "Fairness: flagged groups"
CHECKS: Final = "Checks that failed"
SERVED: Final = "As served"
_APART: Final = ": "
_TYPE: Final = "evidently:metric_v2:DashboardPoint"


def of_model(report: ModelReport) -> list[DashboardPoint]:
    """What the dashboard of a model draws."""
    found: list[DashboardPoint] = [_course(CHECKS, "checks", float(sum(not check.passed for check in report.quality)))]
    if report.performance:
        found.append(_course(PERFORMANCE, report.performance.metric, report.performance.value))
        if report.performance.floor is not None:
            found.append(_course(PERFORMANCE, "floor", report.performance.floor))
    if report.drift:
        found.append(_course(DRIFT, "share", report.drift.share))
    if report.fairness:
        found.append(_course(FAIRNESS, "groups", float(len(report.fairness.flagged))))
    if report.served:
        found += [_course(SERVED, each.name, each.value) for each in report.served.figures]
    return found


def of_shop(figures: Sequence[Figure], failed: int) -> list[DashboardPoint]:
    """What the dashboard of the shop draws: a panel per figure, since their units differ."""
    return [_course(CHECKS, "checks", float(failed)), *(_course(each.name, "value", each.value) for each in figures)]


def keep(project: Project, snapshot: Snapshot) -> None:
    """Add the panels that are lacking, a line for each figure of the snapshot."""
    titles = [str(config.params["title"]) for config in _configs(snapshot)]
    there = {panel.title for panel in project.dashboard.model().panels}
    for title, names in _by_panel(titles).items():
        if title not in there:
            project.dashboard.add_panel(_panel(title, names), tab="Monitoring")


def _configs(snapshot: Snapshot) -> list[Any]:
    found = [result.metric_value_location.metric for result in snapshot.metric_results.values()]
    return [config for config in found if config.params.get("type") == _TYPE]


def _by_panel(titles: Sequence[str]) -> Mapping[str, list[str]]:
    panels: dict[str, list[str]] = {}
    for title in titles:
        panel, _, name = title.rpartition(_APART)
        panels.setdefault(panel, []).append(name)
    return panels


def _panel(title: str, names: Sequence[str]) -> DashboardPanelPlot:
    values = [
        PanelMetric(legend=name, metric="DashboardPoint", metric_labels={"title": f"{title}{_APART}{name}"})
        for name in names
    ]
    return line_plot_panel(title=title, values=values, size="half")


def _course(panel: str, name: str, value: float) -> DashboardPoint:
    return DashboardPoint.of(f"{panel}{_APART}{name}", value)
