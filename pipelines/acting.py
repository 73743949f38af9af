"""What `regulars monitor --act` does about alerts: it trains a model anew where the rules ask for that.

Nothing is promoted: the new version is challenger, its gates are judged, and a person decides. A model is trained at
most once a day, not where a version waits for a decision, and never over a refusal: who refused the newest version
said no to what another training on the same data would give, until somebody trains by hand. What was done and what
was not, and why, stands in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from core import shared_lock, utc
from core.audit import AuditLog, entries_of, person
from core.errors import RegularsError
from core.workspace import Workspace
from models.registry import Registry
from models.version import CHALLENGER, Version
from monitoring.results import MonitorReport, RuleState
from pipelines import training_pipeline

ASKS_FOR_TRAINING: Final = "rule.quality.effect"
"""The code of what follows from a rule that requests a retraining."""
BEGUN: Final = "retrain"
LEFT: Final = "leave untrained"
_LOCK: Final = "acting"


@dataclass(frozen=True)
class Act:
    """What was done about a model: the version trained anew, or none and why not."""

    kind: str
    done: bool
    why: str
    version: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)

    def __str__(self) -> str:
        if self.done:
            return f"{self.kind} was trained anew: version {self.version} is challenger ({self.why})"
        return f"{self.kind} was not trained anew: {self.why}"


def act(
    workspace: Workspace, report: MonitorReport, today: date, train: Callable[..., Any] = training_pipeline.train
) -> tuple[Act, ...]:
    """Do what the alerts of a run ask for; `today` is the shop's present, of which versions are trained.

    A training that fails is told like one that was not allowed: it changes nothing, and fails no monitoring.
    """
    asking = [rule for rule in report.alerts if rule.kind and rule.effect and rule.effect.code == ASKS_FOR_TRAINING]
    with shared_lock.trying(workspace, _LOCK, 0) as is_alone:
        if not is_alone:
            return tuple(Act(str(rule.kind), False, "another `monitor --act` is at it") for rule in asking)
        return tuple(_about(workspace, report, rule, today, train) for rule in asking)


def _about(workspace: Workspace, report: MonitorReport, rule: RuleState, today: date, train: Callable[..., Any]) -> Act:
    kind, log, who = str(rule.kind), AuditLog(workspace), person()
    details = {"as_of": report.as_of.isoformat(), "rule": rule.rule, "says": str(rule.says)}

    def left(why: str) -> Act:
        log.append(LEFT, who, kind, details | {"why": why})
        return Act(kind, False, why)

    try:
        versions = Registry(workspace).versions(kind)
        if (why := _why_not(workspace, report, kind, versions, today)) is not None:
            return left(why)
        log.append(BEGUN, who, kind, details)  # before it begins: one that is killed counts as this day's
        version = str(train(workspace, kind, today).version.version)
    except RegularsError as error:
        return left(f"it failed: {error}")
    log.append("retrained", who, f"{kind}/{version}", details)
    return Act(kind, True, str(rule.says), version)


def _why_not(
    workspace: Workspace, report: MonitorReport, kind: str, versions: Sequence[Version], today: date
) -> str | None:
    """What forbids a training now; None where nothing does."""
    if report.as_of != today:
        return f"the run looked at {report.as_of}, not at the present, {today}"
    day = utc.text()[:10]
    if any(entry.action == BEGUN and entry.at[:10] == day for entry in entries_of(workspace, kind)):
        return f"it has been trained so on {day}, at most once a day"
    newest = max(versions, key=lambda version: int(version.version), default=None)
    return _why_not_after(workspace, report, newest, today) if newest else None


def _why_not_after(workspace: Workspace, report: MonitorReport, newest: Version, today: date) -> str | None:
    """What the newest version says against another one."""
    kind, verdict = newest.kind, newest.review
    if verdict is not None and verdict.verdict == "refused":
        return (
            f"{verdict.who} refused version {newest.version} ({verdict.reason}); train by hand: regulars train {kind}"
        )
    if newest.as_of >= today:
        return f"version {newest.version} was trained on the same days"
    waits = CHALLENGER in newest.aliases and newest.version != _watched(report, kind)
    if waits and (today - newest.as_of).days <= workspace.settings.rules.quality_days:
        return (
            f"version {newest.version}, trained as of {newest.as_of}, waits: regulars promote {kind} {newest.version}"
        )
    return None


def _watched(report: MonitorReport, kind: str) -> str | None:
    model = report.model(kind)
    return model.version if model else None
