"""Alerts: what somebody has to look at, kept until it is closed; the review desk and `status` show the open ones.

Each has an owner and a time to answer. One that nobody answered in time rises a level and is told again, once per
level. Whoever knows of it closes or silences it. What channels have to be told is queued in the same transaction
(`core.alert_queue`) and goes out by itself (`core.alert_delivery`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from core import alert_queue, alert_silences, utc
from core.alert_levels import LEVELS, Level, rank, time_to_answer, worse
from core.alert_queue import Delivery
from core.alert_silences import Silence
from core.errors import UsageError
from core.messages import Message
from core.state.schema import ALERTS
from core.workspace import Workspace

_log = structlog.get_logger("alerts")


@dataclass(frozen=True)
class Alert:
    """Something to look at.

    `source` is the part that raised it (such as `registry`) and `subject` what it is about: together they are its
    identity while it is open. `kind` is the kind of model it speaks of, None where it speaks of none. `told` is the
    worst level that channels were told of; `escalated` says when nobody had answered it, by level.
    """

    id: int
    level: Level
    source: str
    subject: str
    kind: str | None
    message: Message
    first_at: str
    last_at: str
    times: int
    closed_at: str | None = None
    closed_by: str | None = None
    owner: str | None = None
    told: Level | None = None
    due_at: str | None = None
    escalated: Mapping[Level, str] = field(default_factory=dict)
    silence: Silence | None = None
    deliveries: Sequence[Delivery] = ()

    @property
    def text(self) -> str:
        """The message in words."""
        return str(self.message)

    @property
    def name(self) -> str:
        """How people and the audit log call it."""
        return f"{self.source}: {self.subject}"

    @property
    def state(self) -> str:
        """Where it is, in a word or two."""
        if self.closed_at is not None:
            return f"closed {self.closed_at}" + (f" by {self.closed_by}" if self.closed_by else "")
        if self.is_silent:
            return "silent"
        return "overdue" if self.is_overdue else "open"

    @property
    def urgency(self) -> Level:
        """The level it has for whoever has to answer: its own, or one above the last at which nobody did."""
        risen = [worse(level) for level in self.escalated]
        return max([self.level, *risen], key=rank)

    @property
    def is_silent(self) -> bool:
        """Whether nobody is told of it now."""
        return self.silence is not None and self.silence.covers(self.level)

    @property
    def is_overdue(self) -> bool:
        """Whether somebody should have answered by now."""
        waits = self.closed_at is None and not self.is_silent
        return waits and self.due_at is not None and self.due_at <= utc.text()

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "id": self.id,
            "level": self.level,
            "urgency": self.urgency,
            "source": self.source,
            "subject": self.subject,
            "model": self.kind,
            "text": self.text,
            "message": self.message.as_dict(),
            "first_at": self.first_at,
            "last_at": self.last_at,
            "times": self.times,
            "owner": self.owner,
            "answer_by": self.due_at,
            "overdue": self.is_overdue,
            "escalated": dict(self.escalated),
            "silence": vars(self.silence) if self.silence and self.closed_at is None else None,
            "closed_at": self.closed_at,
            "closed_by": self.closed_by,
            "deliveries": [vars(each) for each in self.deliveries],
        }


class Alerts:
    """The alerts of a workspace. Messages hold no customer data."""

    def __init__(self, workspace: Workspace) -> None:
        self._engine = workspace.database
        self._settings = workspace.settings.alerts

    def append(self, level: Level, source: str, subject: str, message: Message, kind: str | None = None) -> int:
        """Raise an alert; while one from the same source about the same subject is open, it is renewed instead.

        A renewed alert is told again only where it got worse than what was told.
        """
        now = utc.text()
        said = {"level": level, "kind": kind, "code": message.code, "details": json.dumps(dict(message.values))}
        with self._engine.begin() as connection:
            same = sa.and_(ALERTS.c.source == source, ALERTS.c.subject == subject, ALERTS.c.closed_at.is_(None))
            renewed = ALERTS.update().where(same).values(**said, last_at=now, times=ALERTS.c.times + 1)
            is_new = not connection.execute(renewed).rowcount
            if is_new:
                who = self._owner(source, kind)
                new = said | {"source": source, "subject": subject, "first_at": now, "last_at": now, "owner": who}
                connection.execute(ALERTS.insert().values(**new, times=1))
                alike = sa.select(ALERTS.c.id).where(ALERTS.c.source == source, ALERTS.c.subject == subject)
                alert_queue.drop_over(connection, alike)
            alert = _with_silence(connection, _of_rows(connection, same))[0]
            self._tell_if_worse(connection, alert)
        if is_new:
            _log.warning("alert", level=level, source=source, subject=subject, code=message.code, text=str(message))
        return alert.id

    def open(self) -> list[Alert]:
        """The alerts nobody closed, the newest first."""
        return self._select(ALERTS.c.closed_at.is_(None))

    def recent(self, last: int = 50) -> list[Alert]:
        """Open and closed alerts, the newest first."""
        return self._select(sa.true(), last)

    def with_numbers(self, numbers: Sequence[int]) -> list[Alert]:
        """The alerts that have these numbers, open or closed."""
        return self._select(ALERTS.c.id.in_(numbers))

    def numbered(self, number: int) -> Alert:
        """An open alert by its number.

        Raises:
            UsageError: there is none; with those that are open.
        """
        found = self._select(ALERTS.c.id == number)
        if found and found[0].closed_at is None:
            return found[0]
        is_open = ", ".join(str(alert.id) for alert in self.open()) or "none"
        was = f"alert {number} was closed at {found[0].closed_at}" if found else f"there is no alert {number}"
        raise UsageError(was, todo=f"open are: {is_open}; see: regulars alerts list")

    def undelivered(self) -> list[Delivery]:
        """What channels have yet to be told, and what was given up of alerts that are open."""
        with self._engine.connect() as connection:
            found = alert_queue.undelivered(connection)
            is_open = set(connection.execute(sa.select(ALERTS.c.id).where(ALERTS.c.closed_at.is_(None))).scalars())
        return [each for each in found if each.state == "waiting" or each.alert_id in is_open]

    def close(self, source: str, subject: str, by: str = "") -> bool:
        """Close the open alert of a source about a subject, dealt with or passed; whether there was one."""
        same = sa.and_(ALERTS.c.source == source, ALERTS.c.subject == subject, ALERTS.c.closed_at.is_(None))
        with self._engine.begin() as connection:
            numbers = connection.execute(sa.select(ALERTS.c.id).where(same)).scalars().all()
            closed = ALERTS.update().where(same).values(closed_at=utc.text(), closed_by=by)
            if not numbers or not connection.execute(closed).rowcount:
                return False
            for number in numbers:
                alert_queue.put_over(connection, number)
        return True

    def silence(self, alert: Alert, who: str, reason: str, until: datetime) -> Silence:
        """Tell nobody of an alert until then, unless it gets worse than it is; one still open then is overdue."""
        silence = Silence(alert.source, alert.subject, alert.level, who, reason, utc.text(), utc.text(until))
        with self._engine.begin() as connection:
            alert_silences.keep(connection, silence)
            alert_queue.drop(connection, alert.id, f"silenced by {who}")
            due = silence.until if alert.due_at else None
            connection.execute(ALERTS.update().where(ALERTS.c.id == alert.id).values(due_at=due))
        return silence

    def escalate(self) -> list[Alert]:
        """Raise the urgency of those that nobody answered in time, once per level; returns them as they were.

        Of two processes that find the same alert one escalates it.
        """
        return [alert for alert in self.open() if alert.is_overdue and self._escalate(alert)]

    def _escalate(self, alert: Alert) -> bool:
        if alert.urgency in alert.escalated:
            return False
        now, risen = utc.now(), worse(alert.urgency)
        escalated = json.dumps({**alert.escalated, alert.urgency: utc.text(now)})
        more = time_to_answer(risen, self._settings)
        # At the worst level it stays overdue: there is nobody above.
        due = alert.due_at if risen == alert.urgency or more is None else utc.text(now + more)
        seen = sa.and_(ALERTS.c.id == alert.id, ALERTS.c.closed_at.is_(None), ALERTS.c.due_at == alert.due_at)
        before = json.dumps(dict(alert.escalated)) if alert.escalated else None
        seen = sa.and_(seen, ALERTS.c.escalated == before if before else ALERTS.c.escalated.is_(None))
        with self._engine.begin() as connection:
            told = max(alert.told or alert.level, alert.level, key=rank)
            values = {"escalated": escalated, "due_at": due, "told": told}
            if not connection.execute(ALERTS.update().where(seen).values(**values)).rowcount:
                return False
            alert_queue.put(connection, self._settings, alert.id, "overdue", risen)
        _log.warning("alert_overdue", level=alert.urgency, source=alert.source, subject=alert.subject, now=risen)
        return True

    def _tell_if_worse(self, connection: sa.Connection, alert: Alert) -> None:
        """Queue the news of an alert that nobody was told of so far, or not of one this bad, and set its time."""
        if rank(alert.level) <= rank(alert.told):
            return
        time = time_to_answer(alert.level, self._settings)
        due = utc.text(utc.now() + time) if time else None
        if alert.silence and alert.is_silent:
            values = {"due_at": max(due, alert.silence.until) if due else None}
        else:
            alert_queue.put(connection, self._settings, alert.id, "worse" if alert.told else "raised", alert.level)
            sooner = min(filter(None, (due, alert.due_at)), default=None) if alert.told else due
            values = {"told": alert.level, "due_at": sooner}
        if alert.owner is None:
            values["owner"] = self._owner(alert.source, alert.kind)
        connection.execute(ALERTS.update().where(ALERTS.c.id == alert.id).values(**values))

    def _owner(self, source: str, kind: str | None) -> str | None:
        owners = self._settings.owners
        return owners.get(kind or "") or owners.get(source) or self._settings.owner or None

    def _select(self, condition: Any, last: int | None = None) -> list[Alert]:
        with self._engine.connect() as connection:
            return _with_silence(connection, _of_rows(connection, condition, last))


def severest(alerts: Sequence[Alert]) -> list[Alert]:
    """The alerts in the order in which they want an answer: the most urgent first, of these the soonest due."""
    return sorted(alerts, key=lambda each: (each.is_silent, len(LEVELS) - rank(each.urgency), each.due_at or "~"))


def _of_rows(connection: sa.Connection, condition: Any, last: int | None = None) -> list[Alert]:
    query = sa.select(ALERTS).where(condition).order_by(ALERTS.c.last_at.desc(), ALERTS.c.id.desc()).limit(last)
    return [_alert(row) for row in connection.execute(query).mappings()]


def _with_silence(connection: sa.Connection, alerts: Sequence[Alert]) -> list[Alert]:
    """The alerts with the silences that hold, and with what became of their deliveries."""
    if not alerts:
        return []
    silences = alert_silences.in_force(connection)
    deliveries = alert_queue.of_alerts(connection, [alert.id for alert in alerts])
    return [
        Alert(
            **vars(alert)
            | {"silence": silences.get((alert.source, alert.subject)), "deliveries": deliveries.get(alert.id, ())}
        )
        for alert in alerts
    ]


def _alert(row: Mapping[Any, Any]) -> Alert:
    values = dict(row)
    values["escalated"] = json.loads(values["escalated"] or "{}")
    return Alert(message=Message(values.pop("code"), json.loads(values.pop("details"))), **values)
