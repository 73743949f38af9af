"""From the states of rules to alerts: raised, renewed while they last, raised anew where much worse, closed when over.

An alert that is open already must not hide what comes after it: where a rule's level rises, or its size by half, the
open one is closed and another takes its place, so that it is new to whoever reads alerts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.alert_levels import LEVELS
from core.alerts import Alert, Alerts
from core.messages import Message
from core.workspace import Workspace
from monitoring.results import SOURCE, MonitorReport, RuleState

WORSE = 1.5
"""An alert so many times as large as when it was raised is another one."""


def keep(workspace: Workspace, report: MonitorReport) -> None:
    """Raise an alert for each rule that asks for one, and close those that have passed."""
    alerts = Alerts(workspace)
    before = {alert.subject: alert for alert in alerts.open() if alert.source == SOURCE}
    for rule in report.rules:
        subject = f"{rule.rule}: {rule.subject}"
        if rule.status == "ok":
            alerts.close(SOURCE, subject, by=SOURCE)
        elif rule.status == "alert":
            known = before.get(subject)
            if known is not None and _is_worse(rule, known):
                alerts.close(SOURCE, subject, by=SOURCE)
                known = None
            alerts.append(LEVELS[rule.level], SOURCE, subject, Message("alert.rule", _says(rule, known)), rule.kind)


def _is_worse(rule: RuleState, known: Alert) -> bool:
    if known.level in LEVELS and rule.level > LEVELS.index(known.level):
        return True
    size = known.message.values.get("size")
    return bool(rule.size is not None and size and rule.size > WORSE * float(size))


def _says(rule: RuleState, known: Alert | None) -> Mapping[str, Any]:
    """What it says, since when, whom it touches, and what to do; `size` stays that of when it was raised."""
    touched = rule.touched
    return {
        "says": rule.says.as_dict(),
        "effect": rule.effect.as_dict() if rule.effect else None,
        "since": rule.since.isoformat() if rule.since else None,
        "customers": touched.customers if touched else None,
        "revenue_share": touched.revenue_share if touched else None,
        "size": known.message.values.get("size", rule.size) if known else rule.size,
    }
