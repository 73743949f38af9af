"""Events that reached the service: an ingest takes them in, and merges purchases with the orders."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from core.event_log import Event, EventLog
from core.workspace import Workspace
from pipelines import ingest
from pipelines.initialise import initialise

ORDERS = "customer_id,order_id,product_id,ordered_at,quantity,revenue\n"
FIRST = "a,o1,p1,2024-03-01 10:00:00,1,2.5\n"


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    (tmp_path / "orders.csv").write_text(ORDERS + FIRST)
    initialise(tmp_path / "shop", str(tmp_path / "orders.csv"))
    workspace = Workspace.open(tmp_path / "shop")
    ingest.run(workspace)
    return workspace


def event(kind: str, day: int, **more: str) -> Event:
    return Event("a", datetime(2024, 3, day, 12, tzinfo=UTC), kind, **more)


def kinds(workspace: Workspace) -> list[str]:
    with duckdb.connect() as connection:
        workspace.tables.register(connection)
        return [row[0] for row in connection.execute("SELECT kind FROM events ORDER BY kind").fetchall()]


def test_received_events_become_rows_once(shop: Workspace) -> None:
    EventLog(shop).append([event("view", 1, product_id="p1"), event("search", 1, text="soap")])
    ingest.run(shop)
    ingest.run(shop)
    assert kinds(shop) == ["search", "view"]
    assert EventLog(shop).pending() == []


def test_a_purchase_is_pending_until_its_line_is_ingested(shop: Workspace, tmp_path: Path) -> None:
    EventLog(shop).append([event("purchase", 2, order_id="o2", product_id="p1")])
    ingest.run(shop)
    assert [e.order_id for e in EventLog(shop).pending()] == ["o2"]
    (tmp_path / "orders.csv").write_text(ORDERS + FIRST + "a,o2,p1,2024-03-02 12:00:00,1,2.5\n")
    ingest.run(shop)
    assert EventLog(shop).pending() == []
    assert kinds(shop) == ["purchase"]


def test_a_purchase_without_an_order_is_pending_until_the_orders_cover_its_day(shop: Workspace, tmp_path: Path) -> None:
    EventLog(shop).append([event("purchase", 2, product_id="p1")])
    ingest.run(shop)
    assert len(EventLog(shop).pending()) == 1
    (tmp_path / "orders.csv").write_text(ORDERS + FIRST + "b,o3,p1,2024-03-05 12:00:00,1,2.5\n")
    ingest.run(shop)
    assert EventLog(shop).pending() == []


def test_two_equal_events_without_a_time_are_two_rows_however_often_they_are_ingested(shop: Workspace) -> None:
    """The log tells them apart, and so do the tables; the same event sent again is still one."""
    at = datetime(2024, 3, 1, 12, tzinfo=UTC)
    log = EventLog(shop)
    log.append(
        [Event("a", at, "purchase", "p1", "o9", nonce="first"), Event("a", at, "purchase", "p1", "o9", nonce="2nd")]
    )
    log.append([Event("a", at, "view", "p1"), Event("a", at, "view", "p1")])
    log.append([Event("a", at, "view", "p1")])
    for _ in range(2):
        report = ingest.run(shop)
        assert all(table.quarantined_rows == 0 for table in report.tables)
        assert kinds(shop) == ["purchase", "purchase", "view"]
