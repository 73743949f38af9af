"""Watches one model: drift, performance, fairness and data quality of the version that serves, in one report.

The champion is watched; where there is none, the challenger is, so that its fairness gate has something to read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from core import progress
from core.workspace import Workspace
from models import kinds
from models.copies import EVALUATION, MODEL
from models.fairness_result import FairnessResult
from models.kinds import Kind
from models.registry import Registry
from models.version import CHALLENGER, CHAMPION, Version
from monitoring import actuals, drift, frames, performance, quality, reports, rules, series
from monitoring.drift import Comparison, PlannedTest
from monitoring.fairness import measure
from monitoring.fairness.judge import Limits
from monitoring.frames import Predictions
from monitoring.outcome import Check, DriftResult, ModelReport, Performance, RuleState
from monitoring.performance import Window


@dataclass(frozen=True)
class Watched:
    """A model's report and the rules that only this kind of model has."""

    report: ModelReport
    rules: tuple[RuleState, ...] = ()


@dataclass(frozen=True)
class _Subject:
    """What is watched, gathered once."""

    workspace: Workspace
    registry: Registry
    kind: Kind
    version: Version
    as_of: date

    @property
    def window(self) -> Window | None:
        """The last complete window that one of the version's models has not seen."""
        return performance.last_window(self.registry, self.kind, self.version, self.as_of)


def model(workspace: Workspace, kind_name: str, as_of: date, at: datetime) -> Watched:
    """Watch a model as of a date.

    Raises:
        StoreError: the registry does not answer, or the version is damaged.
        DataError: there is not enough history.
    """
    registry = Registry(workspace)
    version, note = _which(registry, kind_name)
    if version is None:
        return Watched(ModelReport(kind_name, None, note))
    progress.current().step(f"watching {version}")
    subject = _Subject(workspace, registry, kinds.kind(kind_name), version, as_of)
    _measure_unmeasured(subject)
    days = frames.origins(registry, version, performance.horizon_days(workspace, kind_name))
    days = [day for day in days if day < as_of]
    scored = _score(subject)
    compared = frames.of_features(workspace, subject.kind, days, as_of) if days else []
    window = subject.window
    measured = performance.measure(workspace, subject.kind, version, window) if window else None
    fairness = measure(workspace, subject.kind, window.model, window.as_of) if window else None
    if fairness:
        store_fairness(registry, version, fairness)
    report = ModelReport(
        kind_name, version.version, note, version.as_of, None, measured, fairness, _feature_checks(compared)
    )
    exposure, before = _exposures(subject, scored)
    report = replace(_with_report(subject, report, compared, scored, at), exposure=exposure)
    return Watched(report, (*_own_rules(subject, scored), *rules.recommendations(exposure, before)))


def store_fairness(registry: Registry, version: Version, result: FairnessResult) -> None:
    """Keep the measurement for the gate.

    A disparity that a reviewer has approved stays decided while nothing new is flagged: the approval holds for the
    measurement it was given on, so that one stays in place.
    """
    kept = registry.fairness(version)
    approved = version.review is not None and version.review.verdict == "approved"
    if kept and approved and _flags(result) <= _flags(kept):
        return
    if kept != result:
        registry.store_fairness(version, result)


def _flags(result: FairnessResult) -> set[tuple[str, str, str]]:
    return {(figure.attribute, figure.group, figure.metric) for figure in result.flagged}


def _which(registry: Registry, kind: str) -> tuple[Version | None, str]:
    champion = registry.find(kind, CHAMPION)
    if champion is not None:
        return champion, ""
    challenger = registry.find(kind, CHALLENGER)
    if challenger is None:
        return None, f"there is no champion and no version; run: regulars train {kind}"
    todo = f"regulars promote {kind} {challenger.version}"
    return challenger, f"there is no champion; the challenger, version {challenger.version}, is watched; run: {todo}"


def _measure_unmeasured(subject: _Subject) -> None:
    """Measure a challenger's fairness where nobody has yet, so that its gate can be judged."""
    challenger = subject.registry.find(subject.kind.name, CHALLENGER)
    if challenger is None or subject.registry.fairness(challenger) is not None:
        return
    fitted = subject.kind.load(subject.registry.fetch(challenger) / EVALUATION)
    result = measure(subject.workspace, subject.kind, fitted, challenger.evaluated_from)
    subject.registry.store_fairness(challenger, result)


def _score(subject: _Subject) -> Predictions | None:
    """The served model's predictions now, and as of the day it was trained."""
    fitted = subject.kind.load(subject.registry.fetch(subject.version) / MODEL)
    return frames.predictions(subject.workspace, subject.kind, fitted, subject.version, subject.as_of)


def _feature_checks(compared: list[Comparison]) -> tuple[Check, ...]:
    return tuple(check for each in compared for check in quality.features(each.pooled, each.current))


def _with_report(
    subject: _Subject, report: ModelReport, compared: list[Comparison], scored: Predictions | None, at: datetime
) -> ModelReport:
    """Run the drift tests, which Evidently does, and keep the full report."""
    seed = subject.workspace.settings.seed
    predicted = frames.of_predictions(subject.kind.name, scored, subject.as_of, seed) if scored else None
    planned, skipped = _plans(compared, predicted)
    data = _data([*compared, *([predicted] if predicted else [])])
    metrics = [*_summary_metrics(subject, report), *drift.metrics(planned)]
    name = f"{subject.version} as of {subject.as_of}"
    tags = [f"version {subject.version.version}", f"as of {subject.as_of}"]
    snapshot = reports.run(data, metrics, name, at, tags)
    result = _drift_result(drift.results(planned, reports.scores(snapshot)), compared, skipped)
    link = reports.save(subject.workspace, subject.kind.name, snapshot)
    return replace(report, drift=result, report=link)


def _plans(compared: list[Comparison], predicted: Comparison | None) -> tuple[list[PlannedTest], list[str]]:
    planned, skipped = [], []
    for each in compared:
        tests, without = drift.plan(each, "feature")
        planned, skipped = planned + tests, skipped + without
    if predicted:
        planned += drift.plan(predicted, "prediction")[0]
    return planned, skipped


def _data(comparisons: list[Comparison]) -> reports.Data:
    if not comparisons:
        empty = pd.DataFrame({"value": [0.0]})
        return reports.Data(empty, empty)
    return reports.Data(*frames.side_by_side(comparisons))


def _summary_metrics(subject: _Subject, report: ModelReport) -> list[Any]:
    """What stands above drift in the full report: performance, fairness, data quality."""
    metrics: list[Any] = []
    if isinstance(report.performance, Performance):
        metrics.append(reports.performance_metric(report.performance))
    if report.fairness:
        metrics += reports.fairness_metrics(report.fairness, Limits.of(subject.workspace.settings.rules))
    return metrics + reports.check_metrics(report.quality)


def _drift_result(columns: tuple[Any, ...], compared: list[Comparison], skipped: list[str]) -> DriftResult | None:
    if not compared:
        return None
    first = compared[0]
    rows = (len(first.current), len(first.pooled))
    return DriftResult(columns, tuple(sorted(first.reference)), *rows, tuple(skipped))


def _own_rules(subject: _Subject, scored: Predictions | None) -> tuple[RuleState, ...]:
    if scored is None:
        return ()
    settings = subject.workspace.settings
    if subject.kind.name == frames.CHURN:
        counts = {int(tier): int(n) for tier, n in scored.now["risk_tier"].value_counts().items()}
        return (rules.tiers(counts, settings.churn.actions),)
    if subject.kind.name == frames.DEMAND:
        return (rules.review(*series.waiting(subject.workspace, scored.now), settings.rules),)
    return ()


def _exposures(subject: _Subject, scored: Predictions | None) -> tuple[dict[str, float], dict[str, float]]:
    """How the lists spread over the catalogue now, and when the model was trained."""
    if subject.kind.name != frames.RECOMMENDATION or scored is None:
        return {}, {}
    now = _exposure(subject, subject.as_of, scored.now)
    return now, _exposure(subject, scored.before_day, scored.before)


def _exposure(subject: _Subject, day: date, lists: pd.DataFrame) -> dict[str, float]:
    """Coverage, concentration and repetition of the lists of a day."""
    bought = actuals.purchases(subject.workspace, date.min, day)
    counts = bought["product_id"].value_counts()
    catalogue = int((counts >= subject.workspace.settings.recommendation.min_purchases).sum())
    recent = bought[bought["customer_id"].isin(lists["customer_id"])]
    return rules.exposure_of(lists, catalogue, recent)
