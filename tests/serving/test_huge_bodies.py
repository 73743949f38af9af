"""Whoever sends the largest body that is taken keeps nobody waiting: small requests are answered meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from core.workspace import Workspace
from tests.serving.forked_service import ForkedService

SMALL = {"customer_ids": ["c001"]}
HUGE: dict[str, Any] = {
    "/v1/demand": {"series": [{"category": f"none {number}"} for number in range(10_000)]},
    "/v1/events": {
        "events": [
            {"customer_id": f"c{number % 60:03d}", "kind": "purchase", "product_id": "p1", "quantity": 1, "value": 2.5}
            for number in range(2_000)
        ]
    },
    "/v1/recommendations": {"customer_id": "c001", "k": 1_000, "exclude": [f"x{number}" for number in range(10_000)]},
}
MEANWHILE = 5
"""Small requests answered while a huge one is, one after the other; of one that held everything there would be none."""

LONGEST = 1.0
"""Seconds that one may hold the process where it takes no longer itself; generous, for a busy machine."""


@pytest.fixture
def service(served: Workspace) -> Iterator[ForkedService]:
    made = ForkedService(served, 1)
    made.wait_ready()
    yield made
    made.stop()


@pytest.mark.fault("bodies", "the largest body that an address takes", "small requests are answered meanwhile")
@pytest.mark.parametrize("path", HUGE)
def test_small_requests_are_answered_while_a_huge_one_is(service: ForkedService, path: str) -> None:
    began, ended = time.monotonic(), threading.Event()
    status: list[int] = []

    def huge() -> None:
        with httpx.Client(base_url=service.client.base_url, headers=service.client.headers, timeout=60) as client:
            status.append(client.post(path, json=HUGE[path]).status_code)
        ended.set()

    asking = threading.Thread(target=huge)
    asking.start()
    waits = []
    while not ended.is_set():
        asked = time.monotonic()
        assert service.client.post("/v1/churn", json=SMALL).status_code == 200
        waits.append(time.monotonic() - asked)
    asking.join()
    whole = time.monotonic() - began
    assert status == [200]
    assert len(waits) >= MEANWHILE
    assert max(waits) < max(whole / 2, LONGEST)
