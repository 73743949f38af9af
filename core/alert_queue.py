"""What channels have yet to be told of alerts: kept in the database in the same transaction as what happened.

A row waits until its channel took it, was given up, or has nothing to tell any more (an alert that was over before
anybody heard of it). Whoever sends takes rows for a while; if that process ends, they wait again: a channel may be
told twice, never not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal
from uuid import uuid4

import sqlalchemy as sa

from core import utc
from core.alert_levels import Level, rank
from core.settings import AlertSettings
from core.state.schema import ALERT_DELIVERIES

News = Literal["raised", "worse", "overdue", "over"]
State = Literal["waiting", "sent", "given up", "dropped"]
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=6)
_DELIVERIES: Final = ALERT_DELIVERIES.c


@dataclass(frozen=True)
class Delivery:
    """What a channel has to be told (`news`) of an alert, and how that went; `problem` is why it failed last."""

    id: int
    alert_id: int
    channel: str
    news: News
    state: State
    at: str
    tries: int
    next_at: str
    message: str | None
    problem: str | None
    sent_at: str | None

    def __str__(self) -> str:
        if self.state == "waiting" and self.problem:
            return f"{self.channel}: {self.news}, waiting after {self.tries} tries ({self.problem})"
        return f"{self.channel}: {self.news}, {self.state}" + (f" ({self.problem})" if self.problem else "")


def put(connection: sa.Connection, settings: AlertSettings, alert_id: int, news: News, level: Level) -> None:
    """Let every channel that is told of such a level know."""
    for channel in settings.channels:
        if rank(level) >= rank(settings.levels.get(channel, "mild")):
            _add(connection, alert_id, channel, news)


def put_over(connection: sa.Connection, alert_id: int) -> None:
    """Let those who were told of an alert know that it is over; those who were not need not hear of it."""
    of_alert = _DELIVERIES.alert_id == alert_id
    told = connection.execute(
        sa.select(_DELIVERIES.channel).distinct().where(of_alert, _DELIVERIES.state == "sent")
    ).scalars()
    channels = sorted(told)
    unheard = ALERT_DELIVERIES.update().where(of_alert, _DELIVERIES.state == "waiting")
    connection.execute(unheard.values(state="dropped", problem="it was over before"))
    for channel in channels:
        _add(connection, alert_id, channel, "over")


def drop(connection: sa.Connection, alert_id: int, why: str) -> None:
    """Take back what waits of an alert."""
    waiting = sa.and_(_DELIVERIES.alert_id == alert_id, _DELIVERIES.state == "waiting")
    connection.execute(ALERT_DELIVERIES.update().where(waiting).values(state="dropped", problem=why))


def drop_over(connection: sa.Connection, alert_ids: sa.Select[tuple[int]]) -> None:
    """Take back that alerts are over, where it still waits: it came back, or another took its place."""
    waiting = sa.and_(_DELIVERIES.alert_id.in_(alert_ids), _DELIVERIES.state == "waiting", _DELIVERIES.news == "over")
    connection.execute(ALERT_DELIVERIES.update().where(waiting).values(state="dropped", problem="it came back"))


def due_channels(connection: sa.Connection) -> list[str]:
    """The channels for which something waits whose time has come."""
    query = sa.select(_DELIVERIES.channel).distinct().where(_is_due(utc.text()))
    return sorted(connection.execute(query).scalars())


def take(connection: sa.Connection, channel: str, seconds: float) -> list[Delivery]:
    """Take what waits for a channel as one message for so long: nobody else takes it meanwhile."""
    now, message = utc.now(), uuid4().hex
    mine = ALERT_DELIVERIES.update().where(_DELIVERIES.channel == channel, _is_due(utc.text(now)))
    until = utc.text(now + timedelta(seconds=seconds))
    connection.execute(mine.values(message=message, next_at=until, tries=_DELIVERIES.tries + 1))
    return _select(connection, _DELIVERIES.message == message)


def mark_sent(connection: sa.Connection, message: str) -> None:
    """The channel took a message."""
    sent = ALERT_DELIVERIES.update().where(_DELIVERIES.message == message, _DELIVERIES.state == "waiting")
    connection.execute(sent.values(state="sent", sent_at=utc.text(), problem=None))


def mark_failed(connection: sa.Connection, deliveries: Sequence[Delivery], problem: str, give_up: timedelta) -> None:
    """A message did not arrive: each is tried again after a time that doubles, until it is given up."""
    now = utc.now()
    for each in deliveries:
        is_over = now - utc.parse(each.at) >= give_up
        wait = min(FIRST_WAIT * 2 ** min(each.tries - 1, 20), LONGEST_WAIT)
        said = {"state": "given up" if is_over else "waiting", "problem": problem, "next_at": utc.text(now + wait)}
        same = sa.and_(_DELIVERIES.id == each.id, _DELIVERIES.message == each.message, _DELIVERIES.state == "waiting")
        connection.execute(ALERT_DELIVERIES.update().where(same).values(**said))


def sent_since(connection: sa.Connection, channel: str, since: str) -> int:
    """How many messages a channel took since a moment."""
    query = sa.select(sa.func.count(sa.distinct(_DELIVERIES.message)))
    return int(
        connection.execute(query.where(_DELIVERIES.channel == channel, _DELIVERIES.sent_at > since)).scalar_one()
    )


def of_alerts(connection: sa.Connection, alert_ids: Sequence[int]) -> Mapping[int, list[Delivery]]:
    """The deliveries of some alerts, the oldest first."""
    found: dict[int, list[Delivery]] = {number: [] for number in alert_ids}
    for each in _select(connection, _DELIVERIES.alert_id.in_(list(alert_ids))):
        found[each.alert_id].append(each)
    return found


def undelivered(connection: sa.Connection) -> list[Delivery]:
    """What waits and what was given up, the oldest first."""
    return _select(connection, _DELIVERIES.state.in_(("waiting", "given up")))


def _add(connection: sa.Connection, alert_id: int, channel: str, news: News) -> None:
    now = utc.text()
    new = {"alert_id": alert_id, "channel": channel, "news": news, "state": "waiting", "at": now, "next_at": now}
    connection.execute(ALERT_DELIVERIES.insert().values(**new, tries=0))


def _is_due(now: str) -> sa.ColumnElement[bool]:
    return sa.and_(_DELIVERIES.state == "waiting", _DELIVERIES.next_at <= now)


def _select(connection: sa.Connection, condition: Any) -> list[Delivery]:
    rows = connection.execute(sa.select(ALERT_DELIVERIES).where(condition).order_by(_DELIVERIES.id)).mappings()
    return [Delivery(**row) for row in rows]
