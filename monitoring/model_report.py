"""One model's full Evidently report: performance, fairness, data quality, drift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from core.workspace import Workspace
from monitoring import dashboard, frames, reports
from monitoring.drift import drawn_columns
from monitoring.drift.drawn_columns import ColumnComparison
from monitoring.drift.judgement import Source
from monitoring.evidently_metrics import Measured
from monitoring.fairness.judge import Limits
from monitoring.results import ColumnDrift, DriftResult, ModelReport, ReportLink

DRAWN = 12
"""Columns with a histogram, beside those that moved; every column is in the table."""


def write(
    workspace: Workspace,
    report: ModelReport,
    compared: Sequence[tuple[ColumnComparison, Source]],
    as_of: date,
    at: datetime,
) -> ReportLink:
    """Keep the report in the model's project."""
    there = {name for each, _ in compared for name in each.current}
    codes = frozenset(name for each, _ in compared for name in each.codes)
    drawn = [each for each in _drawn(report.drift) if each.column in there]
    courses = dashboard.of_model(report)
    data = _data([each for each, _ in compared], drawn)
    drawn = [each for each in drawn if _has_values(data, each.column)]
    metrics = [*_summary(workspace, report), *drawn_columns.metrics(drawn, codes), *courses]
    name = f"{report.kind} version {report.version} as of {as_of}"
    tags = [f"version {report.version}", f"as of {as_of}"]
    snapshot = reports.run(data, metrics, name, at, tags)
    return reports.save(workspace, report.kind, snapshot)


def _drawn(found: DriftResult | None) -> list[ColumnDrift]:
    if found is None:
        return []
    ranked = sorted(found.columns, key=_far, reverse=True)
    return [column for i, column in enumerate(ranked) if column.drifted or i < DRAWN]


def _far(column: ColumnDrift) -> float:
    return column.score / max(column.threshold, 1e-9)


def _data(compared: Sequence[ColumnComparison], drawn: Sequence[ColumnDrift]) -> reports.Data:
    """What the drawn columns need, and no more."""
    if not drawn:
        empty = pd.DataFrame({"value": [0.0]})
        return reports.Data(empty, empty)
    return reports.Data(*frames.side_by_side(compared, [column.column for column in drawn]))


def _has_values(data: reports.Data, column: str) -> bool:
    """Whether a column can be drawn: Evidently refuses the whole report for one that is empty on either side.

    The table of columns has it in any case, and a column that is gone has moved.
    """
    return bool(data.current[column].notna().any() and data.reference[column].notna().any())


def _summary(workspace: Workspace, report: ModelReport) -> list[Any]:
    """What stands above the drawn columns."""
    metrics: list[Any] = []
    if report.performance:
        metrics.append(reports.performance_metric(report.performance))
    if report.fairness:
        metrics += reports.fairness_metrics(report.fairness, Limits.of(workspace.settings.rules))
    metrics += reports.check_metrics(report.quality)
    if report.drift:
        metrics.append(_table(report.drift))
    return metrics


def _table(found: DriftResult) -> Measured:
    """Every column with its test, score and threshold."""
    ranked = sorted(found.columns, key=_far, reverse=True)
    rows = [
        [
            each.column,
            f"{each.test} {each.value} {each.change:+.3f}, needed {each.threshold:.3f}"
            f"{': moved' if each.drifted else ''}",
        ]
        for each in ranked
    ]
    text = f"{len(found.drifted)} of {len(found.columns)} columns moved"
    return Measured(
        title="Share of drifted columns", figure=found.share, text=text, passed=not found.drifted, rows=rows
    )
