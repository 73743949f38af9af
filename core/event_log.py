"""Events as they reach the service, kept durably before they are acknowledged.

An event is known by its whole content: sent again (after a time-out, say) it is acknowledged again and counts
once. One sent without a time gets a `nonce`, for two of them are two. Who append at once share a transaction.
`ingested_at` tells whether an ingest has taken it into the tables. Sequences are given in turn: who has seen one has
seen all before it, so that the online store need keep no more than the last one that it shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core import utc
from core.group_commit import GroupCommit
from core.repeats import Earlier, RequestToken, TokenReused
from core.state.schema import RECEIVED_EVENTS
from core.workspace import Workspace

CHUNK: Final = 500  # SQLite takes a limited number of values in one statement
MOST_COUNTED: Final = 10_000
TURN: Final = 0x726563656976
"""PostgreSQL names its advisory locks by numbers."""

_WAITING: Final = RECEIVED_EVENTS.c.ingested_at.is_(None)

T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """One interaction, as in the table `events` of the data contract; `occurred_at` is aware."""

    customer_id: str
    occurred_at: datetime
    kind: str
    product_id: str | None = None
    order_id: str | None = None
    quantity: float | None = None
    value: float | None = None
    text: str | None = None
    nonce: str | None = None
    sequence: int | None = None

    @property
    def key(self) -> str:
        """The identity of an event: a hash of its content."""
        return hashlib.sha256(_content(self).encode()).hexdigest()


@dataclass(frozen=True)
class Kept:
    """What became of events that were sent: those that are `new`, with their sequence, and how many were `known`."""

    new: list[Event]
    known: int


@dataclass(frozen=True)
class Lag:
    """Events that wait, and how long the oldest of them has, in seconds."""

    count: int
    seconds: float


class EventLog:
    """The received events of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.engine = workspace.database
        self._commits = GroupCommit(self.engine, _write, "events")

    def append(self, events: Sequence[Event]) -> list[Event]:
        """Keep events; returns, once they are on disk, those that were not known yet, with their sequence.

        Raises:
            StoreError, SQLAlchemyError: the database does not take them; none of them is kept.
        """
        return self.take(events).new

    def take(self, events: Sequence[Event], repeat: RequestToken | None = None) -> Kept:
        """The same of a request that may be sent again: then nothing is new, and as much known as the first time.

        Raises:
            TokenReused: the repeat's key came with other events before.
        """
        keyed = {event.key: event for event in events}
        rows = {key: _row(key, event) for key, event in keyed.items()}
        return self._commits.wait_for(_Asked(len(events), keyed, rows, repeat))

    def close(self) -> None:
        """Write what waits, and end the thread that writes."""
        self._commits.close()

    def after(self, sequence: int, limit: int) -> list[Event]:
        """The first `limit` events that came after one and that no ingest has taken yet, in the order they came."""
        return self._where(_WAITING & (RECEIVED_EVENTS.c.sequence > sequence), limit)

    def pending(self) -> list[Event]:
        """Events no ingest has taken yet, in the order they came."""
        return self._where(_WAITING)

    def count_pending(self) -> int:
        """How many no ingest has taken yet."""
        query = sa.select(sa.func.count()).select_from(RECEIVED_EVENTS).where(_WAITING)
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def lag(self, sequence: int) -> Lag:
        """How far behind is who has seen all events up to one, counted up to `MOST_COUNTED`."""
        later = _WAITING & (RECEIVED_EVENTS.c.sequence > sequence)
        some = sa.select(RECEIVED_EVENTS.c.received_at).where(later).order_by(RECEIVED_EVENTS.c.sequence)
        found = some.limit(MOST_COUNTED).subquery()
        with self.engine.connect() as connection:
            count, oldest = connection.execute(sa.select(sa.func.count(), sa.func.min(found.c.received_at))).one()
        seconds = (utc.now() - utc.aware(oldest)).total_seconds() if oldest else 0.0
        return Lag(int(count), max(0.0, seconds))

    def mark_ingested(self, events: Iterable[Event]) -> None:
        """The tables hold these."""
        self._mark(events, ingested_at=utc.naive(utc.now()))

    def _mark(self, events: Iterable[Event], **values: datetime | int) -> None:
        sequences = [event.sequence for event in events if event.sequence is not None]
        with self.engine.begin() as connection:
            for chunk in _chunks(sequences):
                update = RECEIVED_EVENTS.update().where(RECEIVED_EVENTS.c.sequence.in_(chunk))
                connection.execute(update.values(values))

    def _where(self, condition: sa.ColumnElement[bool], limit: int | None = None) -> list[Event]:
        query = (
            sa.select(RECEIVED_EVENTS.c.sequence, RECEIVED_EVENTS.c.content)
            .where(condition)
            .order_by(RECEIVED_EVENTS.c.sequence)
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [_event(row.sequence, json.loads(row.content)) for row in connection.execute(query)]


def _take_turn(connection: sa.Connection) -> None:
    """PostgreSQL gives sequences before the commit: of two that commit together the later one may show first."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(TURN)))


@dataclass(frozen=True)
class _Asked:
    """What one request wants kept: the events and their rows by their keys, prepared before the writer's turn."""

    count: int
    events: Mapping[str, Event]
    rows: Mapping[str, Mapping[str, Any]]
    repeat: RequestToken | None


def _write(connection: sa.Connection, asked: Sequence[_Asked]) -> list[Kept | Exception]:
    """Keep the events of some requests; of two with the same event the first has it."""
    _take_turn(connection)
    earlier = Earlier(connection, (each.repeat for each in asked))
    firsts = earlier.firsts([each.repeat for each in asked])
    rows: dict[str, Mapping[str, Any]] = {}
    owner: dict[str, int] = {}
    for place in firsts:
        for key, row in asked[place].rows.items():
            if key not in rows:
                rows[key], owner[key] = row, place
    new: dict[int, list[Event]] = {place: [] for place in firsts}
    for key, sequence in _insert(connection, list(rows.values())):
        new[owner[key]].append(replace(asked[owner[key]].events[key], sequence=sequence))
    for place in firsts:
        earlier.note(asked[place].repeat, {"known": asked[place].count - len(new[place])})
    earlier.keep()
    return [_told(earlier, each, new.get(place)) for place, each in enumerate(asked)]


def _told(earlier: Earlier, asked: _Asked, new: list[Event] | None) -> Kept | Exception:
    if new is not None:
        return Kept(new, asked.count - len(new))
    try:
        return Kept([], earlier.told(asked.repeat)["known"])
    except TokenReused as error:
        return error


def _insert(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Key and sequence of those that were not there yet, in the order they came."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(RECEIVED_EVENTS).on_conflict_do_nothing(index_elements=["event_key"])
    told = statement.returning(RECEIVED_EVENTS.c.event_key, RECEIVED_EVENTS.c.sequence)
    found = [(row.event_key, row.sequence) for row in connection.execute(told, rows)] if rows else []
    return sorted(found, key=lambda each: each[1])


def _row(key: str, event: Event) -> dict[str, Any]:
    return {
        "event_key": key,
        "received_at": utc.naive(utc.now()),
        "customer_id": event.customer_id,
        "content": _content(event),
    }


def _content(event: Event) -> str:
    values = asdict(event) | {"occurred_at": utc.aware(event.occurred_at).isoformat()}
    del values["sequence"]
    return json.dumps(values, sort_keys=True)


def _event(sequence: int, content: Mapping[str, Any]) -> Event:
    at = utc.parse(content["occurred_at"])
    return Event(**{**content, "occurred_at": at, "sequence": sequence})


def _chunks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
