"""Events as they reach the service, kept durably before they are acknowledged.

An event is known by its whole content: sent again (after a time-out, say) it is acknowledged again and counts
once. One sent without a time gets a `nonce`, for two of them are two. `ingested_at` tells whether an ingest has taken
it into the tables. Sequences are given in turn: who has seen one has seen all before it, so that the online store need
keep no more than the last one that it shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core import utc
from core.state.schema import RECEIVED_EVENTS
from core.workspace import Workspace

CHUNK: Final = 500  # SQLite takes a limited number of values in one statement
TURN: Final = 0x726563656976
"""PostgreSQL names its advisory locks by numbers."""

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


class EventLog:
    """The received events of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.engine = workspace.database

    def append(self, events: Sequence[Event]) -> list[Event]:
        """Keep events; returns, once they are on disk, those that were not known yet, with their sequence."""
        rows = {event.key: event for event in events}
        with self.engine.begin() as connection:
            _take_turn(connection)
            known = self._known(connection, list(rows))
            new = [_row(event) for key, event in rows.items() if key not in known]
            for chunk in _chunks(new):
                connection.execute(self._insert(), chunk)
            sequences = self._known(connection, [row["event_key"] for row in new])
        # Another process may have kept the same event in between; it applies it, then.
        return [_with_sequence(rows[key], number) for key, number in sorted(sequences.items(), key=lambda e: e[1])]

    def after(self, sequence: int, limit: int) -> list[Event]:
        """The first `limit` events that came after one and that no ingest has taken yet, in the order they came."""
        missing = RECEIVED_EVENTS.c.ingested_at.is_(None) & (RECEIVED_EVENTS.c.sequence > sequence)
        return self._where(missing, limit)

    def pending(self) -> list[Event]:
        """Events no ingest has taken yet, in the order they came."""
        return self._where(RECEIVED_EVENTS.c.ingested_at.is_(None))

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

    def _known(self, connection: sa.Connection, keys: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for chunk in _chunks(keys):
            query = sa.select(RECEIVED_EVENTS.c.event_key, RECEIVED_EVENTS.c.sequence).where(
                RECEIVED_EVENTS.c.event_key.in_(chunk)
            )
            found.update({row.event_key: row.sequence for row in connection.execute(query)})
        return found

    def _insert(self) -> sa.Insert:
        insert = postgresql.insert if self.engine.dialect.name == "postgresql" else sqlite.insert
        return insert(RECEIVED_EVENTS).on_conflict_do_nothing(index_elements=["event_key"])


def _take_turn(connection: sa.Connection) -> None:
    """PostgreSQL gives sequences before the commit: of two that commit together the later one may show first."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(TURN)))


def _row(event: Event) -> dict[str, Any]:
    return {
        "event_key": event.key,
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


def _with_sequence(event: Event, sequence: int) -> Event:
    return Event(**{**asdict(event), "sequence": sequence})


def _chunks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
