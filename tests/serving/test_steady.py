"""Ten thousand requests leave nothing behind in the process that answers them: no memory, no handle, no thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from core.workspace import Workspace
from tests.serving.forked_service import ForkedService

pytestmark = pytest.mark.long

BEFORE, THEN, CLIENTS = 2_000, 10_000, 4
GROWTH, HANDLES = 0.05, 8
THREADS = 4  # pools start their last ones when they are first needed
"""Of resident memory, as a share, and of open files and sockets: one in a thousand requests that leaves one is seen."""
ASKED: list[tuple[str, Any]] = [
    ("/v1/churn", {"customer_ids": ["c001"]}),
    ("/v1/churn", {"customer_ids": ["c001", "c002", "nobody"]}),
    ("/v1/customers", {"customer_ids": ["c003"]}),
    ("/v1/recommendations", {"customer_id": "c004", "k": 3}),
    ("/v1/demand", {"series": []}),
    ("/v1/feedback", {"prediction_id": "0" * 32, "outcome": {"bought": True}}),
    ("/v1/churn", {"wrong": 1}),
]


def test_memory_and_handles_stay_flat(served: Workspace) -> None:
    service = ForkedService(served, 1)
    try:
        service.wait_ready()
        (pid,) = service.pids
        worker = psutil.Process(pid)
        ask(service, BEFORE)
        memory, handles, threads = worker.memory_info().rss, worker.num_fds(), worker.num_threads()
        ask(service, THEN)
        assert worker.memory_info().rss < memory * (1 + GROWTH)
        assert worker.num_fds() <= handles + HANDLES
        assert worker.num_threads() <= threads + THREADS
    finally:
        service.stop()


def ask(service: ForkedService, times: int) -> None:
    with ThreadPoolExecutor(CLIENTS) as clients:
        told = clients.map(
            lambda n: service.client.post(ASKED[n % len(ASKED)][0], json=ASKED[n % len(ASKED)][1]), range(times)
        )
        assert {answer.status_code for answer in told} <= {200, 400}
