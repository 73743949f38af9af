"""A service that has too much to do says so before anything waits for long, and answers what costs nothing still."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from serving.http import THREADS
from serving.lanes import LONGEST_QUEUE_SECONDS
from tests.serving.conftest import Shop, on_a_socket

SEVERAL = {"customer_ids": [f"c{number:03}" for number in range(1, 8)], "explain": True}
"""What needs a thread: of customers whose scores are kept the rest is told on the loop."""


@pytest.fixture
def held(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Reads of features wait until it is set."""
    gate, read = threading.Event(), shop.runtime.features.read

    def waiting(*asked: Any, **named: Any) -> Any:
        gate.wait(60)
        return read(*asked, **named)

    monkeypatch.setattr(shop.runtime.features, "read", waiting)
    yield gate
    gate.set()


def until(met: Any) -> None:
    deadline = time.monotonic() + 30
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_who_would_wait_for_long_is_refused_and_what_is_cheap_is_answered(shop: Shop, held: threading.Event) -> None:
    lane = shop.answering._lanes["small"]
    with on_a_socket(shop) as address, ThreadPoolExecutor(2 * THREADS) as askers:
        client = httpx.Client(base_url=address, headers=shop.headers(shop.token), timeout=30)
        under_way = [askers.submit(client.post, "/v1/churn", json=SEVERAL) for _ in range(2 * THREADS)]
        until(lambda: lane.inside == 2 * THREADS)
        time.sleep(LONGEST_QUEUE_SECONDS + 0.1)
        refused = client.post("/v1/churn", json=SEVERAL)
        assert refused.status_code == 429
        assert (refused.json()["type"], refused.headers["retry-after"]) == ("urn:regulars:problem:too-busy", "1")
        for path in ("/healthz", "/readyz", "/metrics"):
            assert client.get(path).status_code == 200, path
        told = {"prediction_id": "0" * 32, "outcome": {"bought": True}}
        assert client.post("/v1/feedback", json=told).status_code == 200
        assert not any(each.done() for each in under_way)
        held.set()
        assert {each.result().status_code for each in under_way} == {200}
        assert client.post("/v1/churn", json=SEVERAL).status_code == 200
