"""One monitoring run: what arrived, how the shop does, and how each model does beside its training.

`run` measures, asks the rules, writes the full reports, keeps a summary and raises alerts; it changes no model and
no alias. What acts on an alert (a retraining) is somebody else's step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from core import progress, utc
from core.alerts import Alerts, Level
from core.errors import DataError
from core.messages import Message
from core.workspace import Workspace, of_one_generation
from models.kinds import Kind, kind, names
from monitoring import business, experiment_watch, kinds, quality, rules, segments_report, shop_report, watch
from monitoring.business import UNITS, Figure
from monitoring.results import SOURCE, BusinessFigure, ModelReport, MonitorReport, RuleState
from monitoring.summary import Summaries
from monitoring.watch import Watched

_LEVELS: tuple[Level, ...] = ("info", "mild", "moderate", "severe")


@of_one_generation
def run(workspace: Workspace, as_of: date) -> MonitorReport:
    """Monitor the window before `as_of`.

    Without a version of a model the run still looks at data and business, and says which model lacks a champion.

    Raises:
        NotReady: nothing has been ingested.
        StoreError: a store does not answer.
    """
    summaries, at = Summaries(workspace), utc.now()
    history = summaries.history(before=as_of)
    progress.current().step(f"looking at the shop's data before {as_of}")
    checks, figures = quality.shop(workspace, as_of), _business(workspace, as_of)
    every = [kind(name) for name in names()]
    watched = [_watch(workspace, each, as_of, at, history) for each in every]
    segments = segments_report.measure(workspace, as_of)
    states = [*_of_shop(workspace, every, as_of, figures), *_of_models(workspace, watched, history, as_of)]
    states.append(rules.segment_churn(segments.months, workspace.settings.rules))
    latest = [figure for figure in figures if figure.day == as_of]
    report = MonitorReport(
        as_of=as_of,
        at=utc.text(at),
        window_days=workspace.settings.monitoring.window_days,
        models=tuple(each.report for each in watched),
        quality=checks,
        business=tuple(_judged(figure, workspace) for figure in latest),
        rules=tuple(states),
        report=shop_report.write(workspace, checks, latest, as_of, at),
        segments=segments,
    )
    summaries.append(report)
    _raise_alerts(workspace, report)
    experiment_watch.look(workspace)
    return report


def _watch(
    workspace: Workspace, kind: Kind[Any], as_of: date, at: datetime, history: Sequence[MonitorReport]
) -> Watched:
    try:
        return watch.model(workspace, kind, as_of, at, history)
    except DataError as error:
        return Watched(ModelReport(kind.name, None, Message("watch.not_possible", {"reason": str(error)})))


def _business(workspace: Workspace, as_of: date) -> list[Figure]:
    first = workspace.tables.first_day()
    days = [as_of - timedelta(days=back) for back in range(workspace.settings.rules.business_days)]
    return business.figures(workspace, [day for day in days if day > first])


def _of_shop(
    workspace: Workspace, every: Sequence[Kind[Any]], as_of: date, figures: Sequence[Figure]
) -> list[RuleState]:
    own = [state for each in every for state in kinds.monitor(each).shop_rules(workspace, as_of)]
    return [*rules.business(figures, workspace.settings.rules), *own]


def _of_models(
    workspace: Workspace, watched: Sequence[Watched], history: Sequence[MonitorReport], as_of: date
) -> list[RuleState]:
    settings, states = workspace.settings.rules, []
    for each in watched:
        model = each.report
        if model.version is None:
            continue
        below = bool(model.performance and model.performance.below)
        days = rules.days_in_a_row(as_of, below, _below_before(history, model.kind, model.version))
        states += [
            rules.drift(model.kind, model.drift, settings),
            rules.quality(model.kind, model.performance, days, settings),
            rules.fairness(model.kind, model.fairness, settings),
            *rules.value_tiers(model.kind, model.fairness, settings),
            *each.rules,
        ]
    return states


def _below_before(history: Sequence[MonitorReport], kind: str, version: str) -> dict[date, bool]:
    """On which earlier days the version was below its floor; a run that could not tell says nothing."""
    found: dict[date, bool] = {}
    for run_before in history:
        model = run_before.model(kind)
        if model and model.version == version and model.performance:
            found[run_before.as_of] = model.performance.below
    return found


def _judged(figure: Figure, workspace: Workspace) -> BusinessFigure:
    level = rules.level(figure.change, workspace.settings.rules.business_change)
    return BusinessFigure(figure.name, UNITS[figure.name], figure.value, figure.baseline, figure.change, level)


def _raise_alerts(workspace: Workspace, report: MonitorReport) -> None:
    """Raise an alert for each rule that asks for one, and close those that have passed."""
    alerts = Alerts(workspace)
    for rule in report.rules:
        subject = f"{rule.rule}: {rule.subject}"
        if rule.status == "alert":
            effect = rule.effect.as_dict() if rule.effect else None
            message = Message("alert.rule", {"says": rule.says.as_dict(), "effect": effect})
            alerts.append(_LEVELS[rule.level], SOURCE, subject, message, rule.kind)
        elif rule.status == "ok":
            alerts.close(SOURCE, subject, by=SOURCE)
