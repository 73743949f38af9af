"""Clients that tell the service what came of predictions, and what was bought, and note what it acknowledged."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from core.event_log import EventLog
from core.prediction_log import PredictionLog
from core.workspace import Workspace


class Writers:
    """Tell outcomes and purchases without pause, each until it is acknowledged, again under its Idempotency-Key.

    `log` is where the service writes: what is shown where nothing is acknowledged any more.
    """

    def __init__(self, client: httpx.Client, log: Path, threads: int) -> None:
        self.client, self.log = client, log
        self.stopped = threading.Event()
        self.acknowledged: list[str] = []
        self.refused: Counter[int] = Counter()
        self.threads = [threading.Thread(target=self._tell, args=(number,)) for number in range(threads)]

    def _tell(self, own: int) -> None:
        number, customer = 0, f"c{own:03d}"
        with httpx.Client(base_url=self.client.base_url, headers=self.client.headers, timeout=10) as client:
            while not self.stopped.is_set():
                number += 1
                name = f"w{own}-{number}"
                feedback = {"prediction_id": f"{own:016x}{number:016x}", "outcome": {"name": name}}
                bought = {"customer_id": customer, "kind": "purchase", "product_id": "007", "order_id": name}
                if self._once(client, "/v1/feedback", feedback, name) and self._once(
                    client, "/v1/events", {"events": [bought]}, name
                ):
                    self.acknowledged.append(name)

    def _once(self, client: httpx.Client, path: str, body: Any, name: str) -> bool:
        """Whether it was acknowledged before this had to stop."""
        while not self.stopped.is_set():
            try:
                answer = client.post(path, json=body, headers={"Idempotency-Key": f"{path} {name}"})
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            if answer.status_code == 200:
                return True
            self.refused[answer.status_code] += 1
            time.sleep(0.05)
        return False

    def until(self, more: int, seconds: float = 60) -> None:
        """Return once so many more are acknowledged."""
        wanted, deadline = len(self.acknowledged) + more, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.02)

    def __enter__(self) -> Writers:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def assert_kept_once(workspace: Workspace, writers: Writers) -> None:
    """All that was acknowledged is in the database, and nothing is there twice."""
    outcomes = Counter(row["outcome"]["name"] for row in PredictionLog(workspace).outcomes())
    events = Counter(event.order_id for event in EventLog(workspace).pending())
    told = set(writers.acknowledged)
    assert len(told) == len(writers.acknowledged)
    assert told <= outcomes.keys() & events.keys()
    assert set(outcomes.values()) == set(events.values()) == {1}
    assert writers.refused.keys() <= {503}
