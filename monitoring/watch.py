"""Watches one model: drift, performance, fairness and data quality of the version that serves.

The champion is watched; where there is none, the challenger is, so that its fairness gate has something to read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from core import progress
from core.errors import DataError
from core.messages import Message
from core.workspace import Workspace
from models import gates
from models.artifact_cache import EVALUATION, MODEL
from models.fairness_result import FairnessResult
from models.kinds import Kind, names
from models.registry import Registry
from models.version import CHALLENGER, CHAMPION, Version
from monitoring import fairness, frames, model_report, performance, quality
from monitoring.drift import watching
from monitoring.drift.drawn_columns import ColumnComparison
from monitoring.drift.judgement import Source
from monitoring.error_budget import ErrorBudget
from monitoring.fairness import repeated_looks
from monitoring.kinds import Findings, Predictions, monitor
from monitoring.results import DriftResult, ModelReport, MonitorReport, Performance, QualityCheck, RuleState
from monitoring.served.window import ServedWindow


@dataclass(frozen=True)
class Watched:
    """A model's report, the states of the rules that only its kind has, and on which of the days before it was below
    its floor, as far as today's look measured them.
    """

    report: ModelReport
    rules: tuple[RuleState, ...] = ()
    below: Mapping[date, bool] = field(default_factory=dict)
    opens: str = ""
    """The first day on which a window is complete that the version has not seen."""


@dataclass(frozen=True)
class _Subject:
    """The version that is watched, and the date."""

    workspace: Workspace
    registry: Registry
    kind: Kind[Any]
    version: Version
    as_of: date
    history: Sequence[MonitorReport] = field(default=())


def model(
    workspace: Workspace, kind: Kind[Any], as_of: date, at: datetime, history: Sequence[MonitorReport] = ()
) -> Watched:
    """Watch a model as of a date, and keep the full report; `history` are the runs before.

    A version that can't be looked at stays on the page, with the reason.

    Raises:
        StoreError: the registry does not answer, or the version is damaged.
    """
    registry = Registry(workspace)
    version, note = _which(registry, kind.name)
    if version is None:
        return Watched(ModelReport(kind.name, None, note))
    progress.current().step(f"watching {version}")
    try:
        return _looked_at(_Subject(workspace, registry, kind, version, as_of, history), note, at)
    except DataError as error:
        note = Message("watch.not_possible", {"reason": str(error)})
        return Watched(ModelReport(kind.name, version.version, note, version.as_of))


def _looked_at(subject: _Subject, note: Message | None, at: datetime) -> Watched:
    workspace, kind, version, as_of = subject.workspace, subject.kind, subject.version, subject.as_of
    _measure_unmeasured(subject)
    if as_of < version.as_of:
        values = {"version": version.version, "trained_as_of": version.as_of.isoformat()}
        note = Message("watch.before_training", values)
    scored = _score(subject)
    compared = _compared(subject, scored)
    found = monitor(kind).look(workspace, version, scored, as_of) if scored else Findings()
    measured = _measured(subject, ModelReport(kind.name, version.version, note, version.as_of))
    below = _below_before(subject, measured.performance)
    earlier = performance.scored_before(subject.history, measured)
    estimate = performance.ahead(kind, scored.now, earlier, as_of, workspace.settings) if scored else None
    report = replace(
        measured,
        estimate=estimate,
        scored_estimates=earlier,
        drift=_drift(subject, scored),
        quality=tuple(check for each, of in compared if of == "feature" for check in _feature_checks(each)),
        exposure=found.exposure,
        served=monitor(kind).served(ServedWindow.before(workspace, kind.horizon_days(workspace.settings), as_of, at)),
        waiting=found.waiting,
    )
    _judge_challenger(subject)
    link = model_report.write(workspace, report, compared, as_of, at)
    return Watched(
        replace(report, report=link), found.rules, below, str(performance.opens_on(subject.registry, kind, version))
    )


def store_fairness(registry: Registry, version: Version, result: FairnessResult) -> None:
    """Keep the measurement for the gate.

    A disparity that a reviewer has approved stays decided while nothing new is flagged: the approval holds for the
    measurement it was given on, so that one stays in place.
    """
    kept = registry.fairness(version)
    approved = version.review is not None and version.review.verdict == "approved"
    decided = kept is not None and approved and result.flags <= kept.flags
    if kept != result and not decided:
        registry.store_fairness(version, result)


def _which(registry: Registry, kind: str) -> tuple[Version | None, Message | None]:
    champion = registry.find(kind, CHAMPION)
    if champion is not None:
        return champion, None
    challenger = registry.find(kind, CHALLENGER)
    if challenger is None:
        return None, Message("watch.no_version", {"kind": kind})
    return challenger, Message("watch.challenger", {"kind": kind, "version": challenger.version})


def _measure_unmeasured(subject: _Subject) -> None:
    """Measure a challenger's fairness where nobody has yet, so that its gate can be judged."""
    challenger = subject.registry.find(subject.kind.name, CHALLENGER)
    if challenger is None or subject.registry.fairness(challenger) is not None:
        return
    fitted = subject.kind.load(subject.registry.fetch(challenger) / EVALUATION)
    result = fairness.measure(subject.workspace, subject.kind, fitted, challenger.evaluated_from)
    subject.registry.store_fairness(challenger, result)


def _judge_challenger(subject: _Subject) -> None:
    """Keep what the gates say of a challenger to another version now: the desk shows it."""
    challenger = subject.registry.find(subject.kind.name, CHALLENGER)
    if challenger is not None and CHAMPION not in challenger.aliases:
        gates.judge_and_keep(subject.workspace, challenger, subject.registry)


def _measured(subject: _Subject, report: ModelReport) -> ModelReport:
    """Add performance and fairness on the last complete window, where one of the version's models has not seen it."""
    window = performance.last_window(subject.registry, subject.kind, subject.version, subject.as_of)
    if window is None:
        return report
    # Both ask for the same evaluation; the baseline's, which performance makes as well, would come between.
    result = fairness.measure(subject.workspace, subject.kind, window.model, window.as_of)
    found = performance.measure(subject.workspace, subject.kind, subject.version, window)
    kept = subject.registry.fairness(subject.version)
    result = repeated_looks.of_look(subject.workspace, result, kept, subject.as_of)
    store_fairness(subject.registry, subject.version, result)
    return replace(report, performance=found, fairness=result)


def _below_before(subject: _Subject, latest: Performance | None) -> dict[date, bool]:
    """Whether the version was below its floor in the middle and at the beginning of the days that the rule asks for.

    Looked at only where it is below now: so a weekly look counts its week, and costs no more where all is well.
    """
    found: dict[date, bool] = {}
    if latest is None or not latest.below:
        return found
    most = subject.workspace.settings.rules.quality_days - 1
    for back in sorted({-(-most // 2), most}):
        day = subject.as_of - timedelta(days=back)
        window = performance.last_window(subject.registry, subject.kind, subject.version, day)
        if window is None or not back:
            break
        then = performance.measure(subject.workspace, subject.kind, subject.version, window, sliced=False)
        found[day] = then.below
        if not then.below:
            break
    return found


def _score(subject: _Subject) -> Predictions | None:
    """The served model's predictions now, and as of the day it was trained."""
    fitted = subject.kind.load(subject.registry.fetch(subject.version) / MODEL)
    return frames.predictions(subject.workspace, subject.kind, fitted, subject.version, subject.as_of)


def _drift(subject: _Subject, scored: Predictions | None) -> DriftResult | None:
    """What has moved, under what the error budget gives this look for a model."""
    workspace, kind = subject.workspace, subject.kind
    columns = monitor(kind).prediction_columns
    budget = ErrorBudget.configured(workspace.settings.rules)
    looks = [run.as_of for run in subject.history]
    watched = watching.DriftWatch(
        workspace,
        subject.registry,
        kind,
        subject.version,
        subject.as_of,
        columns(scored.now) if scored else None,
        columns(scored.before) if scored else None,
        _earlier(subject),
        budget.level("drift", looks, subject.as_of, len(names())),
    )
    origins = frames.origins(subject.registry, subject.version, kind.horizon_days(workspace.settings))
    return watching.measure(watched, origins)


def _earlier(subject: _Subject) -> Mapping[date, DriftResult]:
    """What earlier looks found of this version."""
    looked = [(run.as_of, run.model(subject.kind.name)) for run in subject.history]
    return {
        day: entry.drift for day, entry in looked if entry and entry.drift and entry.version == subject.version.version
    }


def _compared(subject: _Subject, scored: Predictions | None) -> list[tuple[ColumnComparison, Source]]:
    """Features beside those of the training dates, predictions beside those of the day of training."""
    workspace, kind = subject.workspace, subject.kind
    days = frames.origins(subject.registry, subject.version, kind.horizon_days(workspace.settings))
    days = [day for day in days if day < subject.as_of]
    found: list[tuple[ColumnComparison, Source]] = []
    if days:
        found = [(each, "feature") for each in frames.of_features(workspace, kind, days, subject.as_of)]
    if scored:
        predicted = frames.of_predictions(kind, scored, subject.as_of, workspace.settings.seed)
        found.append((predicted, "prediction"))
    return found


def _feature_checks(compared: ColumnComparison) -> tuple[QualityCheck, ...]:
    return quality.features(list(compared.reference.values()), compared.current, compared.view)
