"""kill -9, a hundred times under load: what was acknowledged is there afterwards, once, and counted once."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from core.event_log import EventLog
from core.workspace import Workspace
from tests.serving.forked_service import ForkedService
from tests.serving.writers import Writers, assert_kept_once

pytestmark = pytest.mark.long

KILLS = 50
"""On each of two databases."""
WORKERS, WRITERS, BETWEEN = 2, 4, 6


@pytest.mark.fault(
    "processes",
    "a worker, or all of them, killed (kill -9) a hundred times under load, SQLite or PostgreSQL",
    "every acknowledged feedback and event is there, once; each purchase counts once in the online store",
)
def test_fifty_kills_on_each_database_lose_and_double_nothing(on_each_database: Workspace) -> None:
    service, chance = ForkedService(on_each_database, WORKERS), random.Random(12)
    try:
        before = orders(service)
        with Writers(service.client, service.log, WRITERS) as writers:
            for kill in range(KILLS):
                writers.until(BETWEEN)
                time.sleep(chance.uniform(0, 0.1))
                service.kill_all() if kill % 2 else service.kill_one(kill // 2 % WORKERS)
            writers.until(BETWEEN)
        assert len(writers.acknowledged) >= KILLS * BETWEEN
        assert_kept_once(on_each_database, writers)
        bought = Counter(event.customer_id for event in EventLog(on_each_database).pending())
        until = time.monotonic() + 30
        while (now := orders(service)) != before + bought and time.monotonic() < until:
            time.sleep(0.2)  # what a worker could not show before it was killed
        assert now == before + bought
        assert "Traceback" not in service.log.read_text()
    finally:
        service.stop()


def orders(service: ForkedService) -> Counter[str]:
    """Of each customer for whom something is told."""
    customers = [f"c{number:03d}" for number in range(WRITERS)]
    service.wait_ready()
    results = service.client.post("/v1/customers", json={"customer_ids": customers}).json()["results"]
    return Counter({each["customer_id"]: each["rfm"]["frequency"] for each in results})
