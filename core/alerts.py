"""Alerts: what somebody has to look at, kept until it is closed; the review desk and `status` show the open ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
import structlog

from core import utc
from core.messages import Message
from core.state.schema import ALERTS
from core.workspace import Workspace

Level = Literal["info", "mild", "moderate", "severe"]

_log = structlog.get_logger("alerts")


@dataclass(frozen=True)
class Alert:
    """Something to look at.

    `source` is the part that raised it (such as `registry`) and `subject` what it is about: together they are its
    identity while it is open. `kind` is the kind of model it speaks of, None where it speaks of none.
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

    @property
    def text(self) -> str:
        """The message in words."""
        return str(self.message)


class Alerts:
    """The alerts of a workspace. Messages hold no customer data."""

    def __init__(self, workspace: Workspace) -> None:
        self._engine = workspace.database

    def append(self, level: Level, source: str, subject: str, message: Message, kind: str | None = None) -> int:
        """Raise an alert; while one from the same source about the same subject is open, it is renewed instead."""
        now = utc.text()
        same = sa.and_(ALERTS.c.source == source, ALERTS.c.subject == subject, ALERTS.c.closed_at.is_(None))
        said = {"level": level, "kind": kind, "code": message.code, "details": json.dumps(dict(message.values))}
        renewed = ALERTS.update().where(same).values(**said, last_at=now, times=ALERTS.c.times + 1)
        with self._engine.begin() as connection:
            if connection.execute(renewed).rowcount:
                return int(connection.execute(sa.select(ALERTS.c.id).where(same)).scalars().first() or 0)
            new = ALERTS.insert().values(**said, source=source, subject=subject, first_at=now, last_at=now, times=1)
            number = int((connection.execute(new).inserted_primary_key or (0,))[0])
        _log.warning("alert", level=level, source=source, subject=subject, code=message.code, text=str(message))
        return number

    def open(self) -> list[Alert]:
        """The alerts nobody closed, the newest first."""
        return self._select(ALERTS.c.closed_at.is_(None))

    def recent(self, last: int = 50) -> list[Alert]:
        """Open and closed alerts, the newest first."""
        return self._select(sa.true(), last)

    def close(self, source: str, subject: str, by: str = "") -> bool:
        """Close the open alert of a source about a subject, dealt with or passed; whether there was one."""
        now = utc.text()
        same = sa.and_(ALERTS.c.source == source, ALERTS.c.subject == subject, ALERTS.c.closed_at.is_(None))
        with self._engine.begin() as connection:
            closed = connection.execute(ALERTS.update().where(same).values(closed_at=now, closed_by=by))
        return bool(closed.rowcount)

    def _select(self, condition: Any, last: int | None = None) -> list[Alert]:
        query = sa.select(ALERTS).where(condition).order_by(ALERTS.c.last_at.desc(), ALERTS.c.id.desc()).limit(last)
        with self._engine.connect() as connection:
            return [_alert(row) for row in connection.execute(query).mappings()]


def _alert(row: Mapping[Any, Any]) -> Alert:
    values = dict(row)
    return Alert(message=Message(values.pop("code"), json.loads(values.pop("details"))), **values)
