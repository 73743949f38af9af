"""What people answer to alerts: dealt with, or known and silent until a day; the audit log says who, when and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from core import utc
from core.actors import Actor
from core.alert_silences import Silence
from core.alerts import Alert, Alerts
from core.audit import AuditLog
from core.errors import UsageError
from core.reasons import reason_given
from core.workspace import Workspace

LONGEST_SILENCE: Final = timedelta(days=366)


def close(workspace: Workspace, number: int, actor: Actor, reason: str) -> Alert:
    """Close an open alert; where its cause lasts, the next look raises it anew. Returns it as it was.

    Raises:
        UsageError: no such alert is open, or no reason was given.
    """
    why, alerts = reason_given(reason), Alerts(workspace)
    alert = alerts.numbered(number)
    if not alerts.close(alert.source, alert.subject, by=actor.name):
        raise UsageError(f"alert {number} was closed meanwhile", todo="see: regulars alerts list")
    _record(workspace, "close alert", alert, actor, {"reason": why})
    return alert


def silence(workspace: Workspace, number: int, actor: Actor, reason: str, until: datetime) -> Silence:
    """Tell nobody of an open alert until a moment, unless it gets worse; it stays on the list.

    Raises:
        UsageError: no such alert is open, no reason was given, or the end is past or more than a year away.
    """
    why, alerts, now = reason_given(reason), Alerts(workspace), utc.now()
    if not now < until <= now + LONGEST_SILENCE:
        todo = f"give an end in the next {LONGEST_SILENCE.days} days: --for 7d"
        raise UsageError(f"a silence until {utc.text(until)} is not possible", todo=todo)
    alert = alerts.numbered(number)
    kept = alerts.silence(alert, actor.name, why, until)
    _record(workspace, "silence alert", alert, actor, {"reason": why, "until": kept.until, "level": kept.level})
    return kept


def _record(workspace: Workspace, action: str, alert: Alert, actor: Actor, details: dict[str, object]) -> None:
    AuditLog(workspace).append(action, actor.name, alert.name, {"alert": alert.id, "by": actor.as_dict()} | details)
