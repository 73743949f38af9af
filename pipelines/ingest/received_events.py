"""The events that reached the service: where an ingest reads them, and which of them it settles.

Every received event goes into the table `events`. A purchase stays pending, so that the online store keeps
showing it, until the orders tell of it: until they hold its line (order_id and product_id), or, where it names
no order, until they cover its day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from core import query_engine, utc
from core.event_log import Event, EventLog
from core.expressions import quote
from core.workspace import Workspace
from feature_repo.contract import TABLES
from pipelines.sources.source import ROW, Source, Staged, TableSource

PURCHASE = "purchase"
NONCE = "nonce"
"""What tells two equal events apart that came without a time."""
_SCHEMA = pa.schema(
    [
        (ROW, pa.int64()),
        ("customer_id", pa.string()),
        ("occurred_at", pa.timestamp("us")),
        ("kind", pa.string()),
        ("product_id", pa.string()),
        ("order_id", pa.string()),
        ("quantity", pa.float64()),
        ("value", pa.float64()),
        ("text", pa.string()),
        (NONCE, pa.string()),
    ]
)
_CONTRACT = tuple(name for name in _SCHEMA.names if name not in {ROW, NONCE})


@dataclass(frozen=True)
class ReceivedEvents:
    """An origin (see `pipelines.sources.source.Origin`): the pending events of the event log."""

    events: tuple[Event, ...]
    label: str = "the service"

    @property
    def files(self) -> tuple[Path, ...]:
        """None: the rows come from the workspace's database."""
        return ()

    made_of = files

    def columns(self) -> Mapping[str, str]:
        """The contract's columns of `events`, and what tells equal ones apart."""
        return {**{name: TABLES["events"].column(name).sql_type for name in _CONTRACT}, NONCE: "VARCHAR"}

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """Copy the events into the connection."""
        rows = [_row(number, event) for number, event in enumerate(self.events)]
        connection.register(f"{name}_arrow", pa.Table.from_pylist(rows, _SCHEMA))
        connection.execute(f"CREATE OR REPLACE TABLE {quote(name)} AS SELECT * FROM {quote(name + '_arrow')}")
        connection.unregister(f"{name}_arrow")
        return Staged(name, self.columns())

    def fingerprint(self) -> str | None:
        """Unknown: they are always read."""
        return None


def source(workspace: Workspace, events: Sequence[Event]) -> Source:
    """The pending events as a source with the one table `events`."""
    manifest = workspace.tables.manifest
    origin = ReceivedEvents(tuple(events))
    table = TableSource("events", origin, {name: quote(name) for name in _CONTRACT}, identity=NONCE)
    return Source("received events", manifest.timezone, manifest.base_currency, {"events": table})


def settle(workspace: Workspace, events: Sequence[Event]) -> int:
    """Mark the events that the tables tell of now; returns how many."""
    purchases = [event for event in events if event.kind == PURCHASE]
    lines = _lines(workspace, {event.order_id for event in purchases if event.order_id})
    last, zone = workspace.tables.last_day(), ZoneInfo(workspace.tables.timezone)
    settled = [event for event in events if event.kind != PURCHASE or _told(event, lines, last, zone)]
    EventLog(workspace).mark_ingested(settled)
    return len(settled)


def _told(event: Event, lines: set[tuple[str, str]], last: date, zone: ZoneInfo) -> bool:
    if event.order_id and event.product_id:
        return (event.order_id, event.product_id) in lines
    return event.occurred_at.astimezone(zone).date() <= last


def _lines(workspace: Workspace, order_ids: set[str]) -> set[tuple[str, str]]:
    """The (order_id, product_id) of the ingested lines of some orders."""
    if not order_ids:
        return set()
    with query_engine.on_tables(workspace) as connection:
        query = "SELECT DISTINCT order_id, product_id FROM orders WHERE order_id IN (SELECT unnest(?))"
        return set(connection.execute(query, [sorted(order_ids)]).fetchall())


def _row(number: int, event: Event) -> dict[str, object]:
    values = {name: getattr(event, name) for name in _SCHEMA.names if name not in {ROW, "occurred_at"}}
    return {ROW: number, "occurred_at": utc.naive(event.occurred_at), **values}
