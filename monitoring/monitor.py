"""One monitoring run: what arrived, how the shop does, and how each model does beside its training.

`run` measures, asks the rules, writes the full reports, keeps a summary and raises alerts; it changes no model and
no alias. What acts on an alert (a retraining) is somebody else's step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from core import clock, progress, utc
from core.workspace import Workspace, of_one_generation
from models.kinds import Kind, kind, names
from monitoring import (
    business,
    experiment_watch,
    kinds,
    quality,
    rule_alerts,
    rules,
    run_metrics,
    segments_report,
    shop_report,
    watch,
)
from monitoring.business import UNITS, Figure
from monitoring.error_budget import ErrorBudget
from monitoring.leaving import looking
from monitoring.results import BusinessFigure, MonitorReport, RuleState
from monitoring.shop_figures import shop_measurement
from monitoring.summary import Summaries
from monitoring.watch import Watched


@of_one_generation
def run(workspace: Workspace, as_of: date) -> MonitorReport:
    """Monitor the window before `as_of`.

    Without a version of a model the run still looks at data and business, and says which model lacks a champion.

    Raises:
        NotReady: nothing has been ingested.
        DataError: before any data, or later than the shop's present.
        StoreError: a store does not answer.
    """
    clock.resolve_as_of(workspace, as_of.isoformat())
    summaries, at = Summaries(workspace), utc.now()
    history = summaries.history(before=as_of)
    progress.current().step(f"looking at the shop's data before {as_of}")
    checks, figures = quality.shop(workspace, as_of, history), _business(workspace, as_of)
    every = [kind(name) for name in names()]
    watched = [watch.model(workspace, each, as_of, at, history) for each in every]
    segments = segments_report.measure(workspace, as_of)
    states = [
        *rules.data(checks),
        *_of_shop(workspace, every, as_of, figures),
        _staying_away(workspace, as_of, history),
    ]
    states += _of_models(workspace, watched, history, as_of)
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
        shop=shop_measurement.measure(workspace, as_of),
    )
    summaries.append(report)
    rule_alerts.keep(workspace, report)
    experiment_watch.look(workspace)
    run_metrics.note(workspace, report)
    return report


def _business(workspace: Workspace, as_of: date) -> list[Figure]:
    first = workspace.tables.first_day()
    days = [as_of - timedelta(days=back) for back in range(workspace.settings.rules.business_days)]
    return business.figures(workspace, [day for day in days if day > first])


def _of_shop(
    workspace: Workspace, every: Sequence[Kind[Any]], as_of: date, figures: Sequence[Figure]
) -> list[RuleState]:
    own = [state for each in every for state in kinds.monitor(each).shop_rules(workspace, as_of)]
    return [*rules.business(figures, workspace.settings.rules), *own]


def _staying_away(workspace: Workspace, as_of: date, history: Sequence[MonitorReport]) -> RuleState:
    settings = workspace.settings.rules
    level = ErrorBudget.configured(settings).level("business", [look.as_of for look in history], as_of)
    since = rules.said_before(history[-1].rules) if history else None
    found = looking.staying_away(workspace, as_of)
    return rules.staying_away(found, settings, level, as_of, since)


def _of_models(
    workspace: Workspace, watched: Sequence[Watched], history: Sequence[MonitorReport], as_of: date
) -> list[RuleState]:
    settings, states = workspace.settings.rules, []
    budget, looks = ErrorBudget.configured(settings), [look.as_of for look in history]
    for each in watched:
        model = each.report
        if model.version is None:
            continue
        below = bool(model.performance and model.performance.below)
        earlier = {**_below_before(history, model.kind, model.version), **each.below}
        days = rules.days_in_a_row(as_of, below, earlier)
        level = budget.level("performance", looks, as_of, len(watched) + 1)
        states += [
            rules.watched(model),
            rules.drift(model.kind, model.drift, settings),
            rules.quality(model.kind, model.performance, days, settings, level=level, opens=each.opens),
            *rules.left_over_expected(model.kind, model.performance, settings, level),
            *rules.worst_slices(model.kind, model.performance),
            rules.fairness(model.kind, model.fairness, settings),
            rules.inputs(model.kind, model.quality),
            *rules.value_tiers(model.kind, model.fairness, settings),
            *each.rules,
        ]
    return states


def _below_before(history: Sequence[MonitorReport], kind: str, version: str) -> dict[date, bool]:
    """On which earlier days the version was below its floor; a run that could not tell says nothing, nor one of an
    earlier release, whose floor was of another day.
    """
    found: dict[date, bool] = {}
    for run_before in history:
        model = run_before.model(kind)
        if model and model.version == version and model.performance and model.performance.rivals:
            found[run_before.as_of] = model.performance.below
    return found


def _judged(figure: Figure, workspace: Workspace) -> BusinessFigure:
    level = rules.level(figure.change, workspace.settings.rules.business_change)
    return BusinessFigure(figure.name, UNITS[figure.name], figure.value, figure.baseline, figure.change, level)
