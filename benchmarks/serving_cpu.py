"""What a request costs the service in CPU, by endpoint, with one worker and with two.

    .venv/bin/python benchmarks/serving_cpu.py WORKSPACE [--json FILE]

WORKSPACE has champions and a full online store (`regulars demo`). The service is started with one worker, then with
two, and called by 16 connections of one process. What is measured is CPU time of the service's processes, which other
work on the machine changes little: a request's, and requests a CPU second. Beside it, from one connection, the shape
of the times of single requests: their quantiles as multiples of the mean.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil

from core import query_engine
from core.keys import RIGHTS, KeyStore
from core.workspace import VARIABLE, Workspace
from pipelines.processes import free_port

CONNECTIONS, SECONDS, SINGLE = 16, 4.0, 300
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


def bodies(workspace: Workspace) -> dict[str, list[Mapping[str, Any]]]:
    """What is asked of each endpoint, in turn."""
    with query_engine.on_tables(workspace) as connection:
        customers = [
            row[0]
            for row in connection.execute(
                "SELECT customer_id FROM orders WHERE customer_id IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT 500"
            ).fetchall()
        ]
        products = [
            row[0]
            for row in connection.execute(
                "SELECT product_id FROM orders GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 200"
            ).fetchall()
        ]
    return {
        "/v1/churn": [{"customer_ids": [customer]} for customer in customers],
        "/v1/recommendations": [{"customer_id": customer, "k": 10} for customer in customers],
        "/v1/customers": [{"customer_ids": [customer]} for customer in customers],
        "/v1/similar": [{"product_id": product, "k": 10} for product in products],
        "/v1/feedback": [{"prediction_id": "0" * 32, "outcome": {"bought": True}}],
        "/v1/events": [
            {"events": [{"customer_id": customer, "kind": "view", "product_id": products[0]}]} for customer in customers
        ],
    }


class Service:
    """`python -m serving` with so many workers."""

    def __init__(self, workspace: Workspace, workers: int, log: Path) -> None:
        self.port = free_port("127.0.0.1", 3950)
        self.address = f"http://127.0.0.1:{self.port}"
        environment = {**os.environ, VARIABLE: str(workspace.root), "REGULARS_SERVING__WORKERS": str(workers)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "serving", "--port", str(self.port)],
            env=environment,
            stdout=log.open("w"),
            stderr=subprocess.STDOUT,
        )
        self.workers = workers

    def wait_ready(self) -> None:
        """Once every worker takes requests."""
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.address}/readyz").status_code == 200:
                    time.sleep(3 * self.workers)
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.5)
        raise SystemExit("the service does not become ready")

    def cpu(self) -> float:
        """CPU seconds of all of its processes so far, those that have ended included."""
        own = psutil.Process(self.process.pid)
        return sum(sum(each.cpu_times()[:4]) for each in [own, *own.children(recursive=True)])

    def stop(self) -> None:
        """As an orchestrator does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(90)


async def call(port: int, requests: Sequence[bytes], until: float, most: int = sys.maxsize) -> list[float]:
    """Seconds of each request of one kept connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took: list[float] = []
    while time.monotonic() < until and len(took) < most:
        began = time.perf_counter()
        writer.write(requests[len(took) % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise SystemExit(head.decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        took.append(time.perf_counter() - began)
    writer.close()
    return took


async def load(
    port: int, requests: Sequence[bytes], connections: int, seconds: float, most: int = sys.maxsize
) -> list[float]:
    """Of all connections."""
    until = time.monotonic() + seconds
    step = max(1, len(requests) // connections)
    turned = [[*requests[number * step :], *requests[: number * step]] for number in range(connections)]
    return [each for took in await asyncio.gather(*(call(port, one, until, most) for one in turned)) for each in took]


def measure(workspace: Workspace, workers: int, token: str) -> dict[str, dict[str, Any]]:
    """Each endpoint's figures."""
    service = Service(workspace, workers, workspace.root / "serving_cpu.log")
    try:
        service.wait_ready()
        found = {}
        for path, asked in bodies(workspace).items():
            requests = [_request(path, body, token) for body in asked]
            asyncio.run(load(service.port, requests, CONNECTIONS, 1.0))
            before, began = service.cpu(), time.monotonic()
            took = asyncio.run(load(service.port, requests, CONNECTIONS, SECONDS))
            spent, lasted = service.cpu() - before, time.monotonic() - began
            one = asyncio.run(load(service.port, requests, 1, 60.0, SINGLE))
            mean = statistics.fmean(one)
            shape = statistics.quantiles(one, n=1000, method="inclusive")
            found[path] = {
                "requests": len(took),
                "cpu_ms": 1000 * spent / len(took),
                "per_cpu_second": len(took) / spent,
                "cores": spent / lasted,
                "shape": {str(q): shape[round(q * 1000) - 1] / mean for q in QUANTILES},
            }
        return found
    finally:
        service.stop()


def _request(path: str, body: Mapping[str, Any], token: str) -> bytes:
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    workspace = Workspace.open(given.workspace)
    token = KeyStore(workspace).create(f"benchmark {time.time_ns()}", RIGHTS)
    found = {str(workers): measure(workspace, workers, token) for workers in (1, 2)}
    print("| endpoint | CPU ms, 1 worker | CPU ms, 2 workers | requests a CPU second, 1 | 2 |\n|---|---|---|---|---|")
    for path in found["1"]:
        one, two = found["1"][path], found["2"][path]
        figures = (
            f"{one['cpu_ms']:.2f} | {two['cpu_ms']:.2f} | {one['per_cpu_second']:.0f} | {two['per_cpu_second']:.0f}"
        )
        print(f"| `{path}` | {figures} |")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
