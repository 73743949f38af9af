"""Tells channels what waits for them: in little time, never at the cost of whoever asked for it.

All that waits for a channel goes out as one message, so that a bad morning is one message and not fifty. Each channel
is spoken to in a thread that nobody waits for beyond the limit: one that hangs holds up neither a command nor the
others, and is tried again later. Nothing here raises: what failed stands with the delivery, and in the log.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any, Final

import sqlalchemy as sa
import structlog

from core import alert_queue, utc
from core.alert_channels import Channel
from core.alert_queue import Delivery
from core.alerts import Alert, Alerts, severest
from core.audit import AuditLog
from core.errors import RegularsError
from core.workspace import Workspace

MOST_ALERTS: Final = 20
"""Alerts of which one message tells; how many more there are it says."""
LONGEST_TEXT: Final = 500
"""Characters of an alert's text in a message."""
HOW_TO_ANSWER: Final = "To answer: regulars alerts close NUMBER --reason WHY, or silence NUMBER --for 7d --reason WHY"
EVERY_SECONDS: Final = 60.0
"""Between two looks of a process that stays, at what waits and what is overdue."""
LONGEST_TITLE: Final = 150
_KEPT_SECONDS: Final = 60.0
"""For how long beyond the time limit what is being sent is nobody else's."""
_log = structlog.get_logger("alerts")


@dataclass(frozen=True)
class Notified:
    """What `deliver` did: how many alerts had waited too long, and which channels took their message or why not."""

    escalated: int = 0
    sent: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)
    held: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "escalated": self.escalated,
            "sent": list(self.sent),
            "failed": dict(self.failed),
            "held": list(self.held),
        }

    def __str__(self) -> str:
        parts = [f"{self.escalated} overdue"] if self.escalated else []
        parts += [f"{name} was told" for name in self.sent]
        parts += [f"{name} was not told and will be tried again ({why})" for name, why in self.failed.items()]
        parts += [f"{name} has had its messages of this hour, the rest waits" for name in self.held]
        return "; ".join(parts)


class Deliverer:
    """Delivers beside other work; `refresh` may be called often and does it every minute."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._next = 0.0

    def refresh(self) -> None:
        """Deliver if a minute has passed since the last time."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_SECONDS
            deliver(self._workspace)

    def stay(self) -> None:
        """Deliver as long as the process lives."""
        while True:
            self.refresh()
            time.sleep(EVERY_SECONDS)


def deliver(workspace: Workspace) -> Notified:
    """Escalate what is overdue and send what waits; takes `alerts.send_s` seconds at most, and raises nothing."""
    try:
        return _deliver(workspace)
    except Exception as error:  # a command that did its work must not fail on telling so
        _log.error("alerts_not_delivered", error=f"{type(error).__name__}: {error}")
        return Notified()


def _deliver(workspace: Workspace) -> Notified:
    escalated = Alerts(workspace).escalate()
    for alert in escalated:
        _record(workspace, alert)
    settings, engine = workspace.settings.alerts, workspace.database
    with engine.connect() as connection:
        channels = alert_queue.due_channels(connection)
    if not channels:
        return Notified(len(escalated))
    hour_ago, held, taken = utc.text(utc.now() - timedelta(hours=1)), [], {}
    for name in channels:
        with engine.begin() as connection:
            if name not in settings.channels:
                _forget(connection, name)
            elif alert_queue.sent_since(connection, name, hour_ago) >= settings.per_hour:
                held.append(name)
            elif rows := alert_queue.take(connection, name, settings.send_s + _KEPT_SECONDS):
                taken[name] = rows
    sent, failed = _send_all(workspace, taken)
    return Notified(len(escalated), tuple(sent), failed, tuple(held))


def _record(workspace: Workspace, alert: Alert) -> None:
    """In the audit log: that nobody answered is a fact about people."""
    details = {"level": alert.urgency, "owner": alert.owner, "answer_by": alert.due_at, "alert": alert.id}
    try:
        AuditLog(workspace).append("escalate alert", "regulars", alert.name, details)
    except RegularsError as error:
        _log.error("escalation_not_in_audit_log", alert=alert.id, error=str(error))


def _forget(connection: sa.Connection, channel: str) -> None:
    """What waits for a channel that the settings no longer have."""
    rows = alert_queue.take(connection, channel, 0)
    alert_queue.mark_failed(connection, rows, "the settings have no such channel", timedelta())


def _send_all(workspace: Workspace, taken: dict[str, list[Delivery]]) -> tuple[list[str], dict[str, str]]:
    """Send each its message, side by side; returns who took it, and why others did not."""
    settings, results = workspace.settings.alerts, SimpleQueue[tuple[str, str | None]]()
    for name, rows in taken.items():
        channel, message = Channel(name, settings.channels[name]), compose(workspace, rows)
        arguments = (channel, message, settings.send_s, results)
        threading.Thread(target=_send, args=arguments, name=f"alerts to {name}", daemon=True).start()
    sent, failed = [], {}
    until = time.monotonic() + settings.send_s
    for name, why in _within(until, results, list(taken)):
        with workspace.database.begin() as connection:
            if why is None:
                sent.append(name)
                alert_queue.mark_sent(connection, str(taken[name][0].message))
                continue
            failed[name] = why
            alert_queue.mark_failed(connection, taken[name], why, timedelta(hours=settings.give_up_hours))
        _log.warning("alerts_not_delivered", channel=name, why=why, alerts=len(taken[name]))
    return sent, failed


def _within(
    until: float, results: SimpleQueue[tuple[str, str | None]], names: Sequence[str]
) -> list[tuple[str, str | None]]:
    """What came of each in time; who has not answered by then has failed."""
    found: dict[str, str | None] = {}
    while len(found) < len(names):
        try:
            name, why = results.get(timeout=max(until - time.monotonic(), 0.001))
        except Empty:
            break
        found[name] = why
    return [(name, found.get(name, "it did not answer in time")) for name in names]


def _send(channel: Channel, message: tuple[str, str], seconds: float, results: SimpleQueue[Any]) -> None:
    try:
        channel.send(*message, seconds)
    except RegularsError as error:
        results.put((channel.name, str(error)))
    except BaseException as error:
        results.put((channel.name, type(error).__name__))
        raise
    else:
        results.put((channel.name, None))


def compose(workspace: Workspace, rows: Sequence[Delivery]) -> tuple[str, str]:
    """The title and the text of a message that tells of deliveries: no customers, no markup, each line one alert."""
    news = {row.alert_id: row.news for row in rows}  # of several about one alert the last counts
    alerts = severest(Alerts(workspace).with_numbers(list(news)))
    lines = [_line(alert, news[alert.id]) for alert in alerts[:MOST_ALERTS]]
    if more := len(alerts) - MOST_ALERTS:
        lines += [f"and {more} more"] if more > 0 else []
    shop = workspace.root.resolve().name
    if len(alerts) == 1:
        title = f"Regulars, {shop}: {_heading(alerts[0], news[alerts[0].id])}"
    else:
        title = f"Regulars, {shop}: {len(alerts)} alerts"
    return _plain(title), "\n\n".join([*lines, HOW_TO_ANSWER])


def _plain(title: str) -> str:
    """A title without what might be markup: channels escape texts, but not every one its titles."""
    return _one_line(re.sub(r"[^\w\s:;/.,%()+-]", " ", title), LONGEST_TITLE)


def _heading(alert: Alert, news: str) -> str:
    if news == "over":
        return f"over: {alert.subject}"
    return f"{alert.urgency}: {alert.subject}" + (" (overdue)" if news == "overdue" else "")


def _line(alert: Alert, news: str) -> str:
    if news == "over":
        return _one_line(f"over: {alert.subject} (number {alert.id}), closed at {alert.closed_at}", LONGEST_TEXT)
    said = _one_line(f"{alert.urgency}, {news}: {alert.subject}: {alert.text}", LONGEST_TEXT)
    owner = f", {alert.owner}" if alert.owner else ""
    due = f", answer by {alert.due_at}" if alert.due_at else ""
    return f"{said} [number {alert.id}, since {alert.first_at}{owner}{due}]"


def _one_line(text: str, longest: int) -> str:
    said = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return said if len(said) <= longest else said[: longest - 3] + "..."
