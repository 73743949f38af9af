"""The product's own limits, measured: help, ingest, one churn request.

    .venv/bin/python benchmarks/limits.py [WORKSPACE]

WORKSPACE is one that `regulars demo` prepared (default: ./workspace); without it the request is left out.
Prints each figure beside its limit. Absolute times depend on the machine and on what else it does.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from core import query_engine
from core.keys import KeyStore
from core.workspace import SETTINGS_FILE, Workspace
from pipelines.processes import Processes, Server, free_port

REGULARS = Path(sys.executable).with_name("regulars")
REQUESTS = 300


def help_seconds() -> float:
    """Best of five runs of `regulars --help`."""
    return min(_timed([str(REGULARS), "--help"]) for _ in range(5))


def ingest() -> tuple[float, float]:
    """Seconds and peak memory (GB) of ingesting the Complete Journey into a new workspace."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "shop"
        subprocess.run([REGULARS, "init", root, "--source", "complete-journey"], check=True, capture_output=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        seconds = _timed([str(REGULARS), "ingest", "--workspace", str(root)])
        peak = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        return seconds, peak / 1e6


def churn_milliseconds(root: Path) -> tuple[float, float]:
    """Median and 95th percentile of `POST /v1/churn` for one customer, one request after the other."""
    workspace = Workspace.open(root)
    token = KeyStore(workspace).create(f"benchmark {os.getpid()} {time.time_ns()}", ["predict"])
    customers = _customers(workspace)
    port = free_port("127.0.0.1", 3900)
    address = f"http://127.0.0.1:{port}"
    arguments = ["serve", "--workspace", str(root), "--port", str(port)]
    server = Server("service", arguments, f"{address}/readyz", root / "logs" / "benchmark.log")
    with Processes() as processes:
        processes.start(server)
        processes.wait_ready(server)
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
            times = [_request(client, customers[number % len(customers)]) for number in range(REQUESTS + 20)][20:]
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def _customers(workspace: Workspace) -> list[str]:
    with query_engine.on_tables(workspace) as connection:
        query = "SELECT DISTINCT customer_id FROM orders WHERE customer_id IS NOT NULL ORDER BY 1 LIMIT 200"
        return [row[0] for row in connection.execute(query).fetchall()]


def _request(client: httpx.Client, customer: str) -> float:
    started = time.perf_counter()
    client.post("/v1/churn", json={"customer_ids": [customer]}).raise_for_status()
    return (time.perf_counter() - started) * 1000


def _timed(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "workspace")
    print(f"regulars --help              {help_seconds():7.2f} s    limit 0.5 s")
    seconds, peak = ingest()
    print(f"ingest, Complete Journey     {seconds:7.1f} s    limit 60 s")
    print(f"ingest, peak memory          {peak:7.2f} GB   limit 3 GB")
    if (root / SETTINGS_FILE).exists():
        median, slow = churn_milliseconds(root)
        print(f"POST /v1/churn, median       {median:7.1f} ms   limit 20 ms")
        print(f"POST /v1/churn, 95th perc.   {slow:7.1f} ms")


if __name__ == "__main__":
    main()
