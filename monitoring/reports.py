"""The full reports: Evidently snapshots in a workspace that Evidently's own pages open; no customer rows in them.

One project per model and one for the shop. A snapshot keeps histograms and figures; the running mean that
Evidently draws over the rows of a column is taken out, because with few customers its points are customers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.core.report import Snapshot
from evidently.ui.storage.local.base import LocalState
from evidently.ui.workspace import Workspace as EvidentlyWorkspace

from core.errors import NotReady, StoreError
from core.workspace import Workspace
from models.fairness_result import FairnessResult
from monitoring import dashboard
from monitoring.evidently_metrics import GroupFairness, Measured
from monitoring.fairness.judge import Limits
from monitoring.results import Performance, QualityCheck, ReportLink, plain
from monitoring.run_seal import snapshot_file

SHOP = "shop"
_SCATTER_TAB = "DATA DRIFT"


@dataclass(frozen=True)
class Data:
    """Two frames with the same columns; `codes` are the columns of codes, all others are numbers."""

    current: pd.DataFrame
    reference: pd.DataFrame
    codes: frozenset[str] = frozenset()

    def dataset(self, frame: pd.DataFrame) -> Dataset:
        """A frame with every column typed, as Evidently's metrics ask for."""
        numbers = [name for name in frame if name not in self.codes]
        definition = DataDefinition(numerical_columns=numbers, categorical_columns=sorted(self.codes))
        return Dataset.from_pandas(frame, definition)


class ReportStore(EvidentlyWorkspace):  # type: ignore[misc]
    """The folder of an Evidently workspace, to add reports to.

    Evidently's own reads every report that was ever written before it adds one, for the data sets that may lie beside
    them: a cost that grows each week. Here are none, so that only projects and their dashboards are read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.state = LocalState(path)


def run(data: Data, metrics: Sequence[Any], name: str, at: datetime, tags: Sequence[str]) -> Snapshot:
    """Run the metrics on the data, as a snapshot without anything about single rows."""
    report = Report(list(metrics), tags=list(tags), include_tests=True)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # Evidently divides by the counts of empty bins and columns
        snapshot = report.run(data.dataset(data.current), data.dataset(data.reference), timestamp=at, name=name)
    for widget in _all_widgets(snapshot):
        _lighten(widget)
    return snapshot


def fairness_metrics(result: FairnessResult, limits: Limits) -> list[GroupFairness]:
    """One metric per attribute and measure, in the order of the result."""
    together: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for figure in result.figures:
        together.setdefault((figure.attribute, figure.metric), []).append(plain(asdict(figure)))
    return [
        GroupFairness.of(attribute, metric, limits.low, limits.high, figures)
        for (attribute, metric), figures in together.items()
    ]


def check_metrics(checks: Sequence[QualityCheck]) -> list[Measured]:
    """One metric per check of data quality."""
    return [Measured(title=c.name, figure=c.value, text=str(c.says), passed=c.passed) for c in checks]


def performance_metric(performance: Performance) -> Measured:
    """The primary metric beside its floor."""
    floor = "none" if performance.floor is None else f"{performance.floor:.4f} ({performance.floor_name})"
    text = f"{performance.value:.4f} [{performance.low:.4f}, {performance.high:.4f}], floor {floor}"
    title = f"{performance.metric}, {performance.as_of} to {performance.until}"
    return Measured(title=title, figure=performance.value, text=text, passed=not performance.below)


def save(workspace: Workspace, project: str, snapshot: Snapshot) -> ReportLink:
    """Keep the snapshot in the project of that name, which is made on first use."""
    store = ReportStore(str(workspace.reports_dir))
    found = store.search_project(project)
    owner = next((each for each in found if each.name == project), None)
    owner = owner or store.create_project(project, f"Monitoring of {project}")
    reference = store.add_run(owner.id, snapshot, include_data=False)
    dashboard.keep(owner, snapshot)
    return ReportLink(str(owner.id), str(reference.id))


def html(workspace: Workspace, link: ReportLink) -> str:
    """The full report as one page that needs nothing from elsewhere (about 5 MB).

    Raises:
        NotReady: there is no such report.
        StoreError: its file is damaged.
    """
    path = snapshot_file(workspace.reports_dir, link)
    if path is None:
        raise NotReady("there is no such report", todo="run: regulars monitor")
    try:
        snapshot = Snapshot.load(str(path))
        title = f"<head><title>{escape(snapshot.get_name() or path.stem)} · Regulars</title>"
        return str(snapshot.get_html_str(as_iframe=False)).replace("<head>", title, 1)
    except Exception as error:  # whatever Evidently makes of half a file
        raise StoreError(
            "this report can't be read: its file is damaged",
            where=path.name,
            why=type(error).__name__,
            todo="the figures of the run are kept apart from it; a new report: regulars monitor",
        ) from error


def _lighten(widget: Any) -> None:
    """Take out the running mean, and the drawing template that every figure repeats (7 of its 10 kB)."""
    if widget.tabs:
        widget.tabs[:] = [tab for tab in widget.tabs if tab.title != _SCATTER_TAB]
    for part in (widget, *(tab.widget for tab in widget.tabs or ())):
        layout = part.params.get("layout") if isinstance(part.params, dict) else None
        if isinstance(layout, dict):
            layout.pop("template", None)


def _all_widgets(snapshot: Snapshot) -> Iterator[Any]:
    for result in snapshot.metric_results.values():
        yield from result.widget or ()
