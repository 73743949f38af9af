"""How the running service ends and recovers: nobody hangs, and what was taken is answered."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from core.workspace import Workspace
from tests.serving.process import Process

pytestmark = pytest.mark.long


@contextmanager
def running(workspace: Workspace, **settings: str) -> Iterator[Process]:
    process = Process(workspace, **settings)
    process.start()
    try:
        yield process
    finally:
        process.stop()


class Callers:
    """Clients that keep their connections and call without pause until nobody answers; what came of each call."""

    def __init__(self, process: Process, clients: int) -> None:
        self.process = process
        self.came: Counter[int | str] = Counter()
        self.threads = [threading.Thread(target=self.call) for _ in range(clients)]

    def call(self) -> None:
        like = self.process.client
        with httpx.Client(base_url=like.base_url, headers=like.headers, timeout=10) as client:
            while True:
                try:
                    answer = client.post("/v1/churn", json={"customer_ids": ["c001"]})
                    if answer.status_code != 200:
                        self.came[answer.json()["detail"]] += 1
                        return
                    self.came[200] += 1
                except httpx.ConnectError:  # refused at once: another replica would be asked
                    self.came["refused"] += 1
                    return
                except httpx.HTTPError as error:
                    self.came[type(error).__name__] += 1
                    return

    def __enter__(self) -> Callers:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self.threads:
            thread.join()


@pytest.mark.fault(
    "processes", "SIGTERM under load", "`/readyz` turns first; what was asked is answered; no request is lost"
)
def test_sigterm_turns_readyz_first_and_loses_no_request(served: Workspace) -> None:
    with running(served) as process, Callers(process, 8) as callers:
        time.sleep(0.5)
        process.process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
        answer = process.get("/readyz")
        assert (answer.status_code, answer.json()["detail"]) == (503, "this process is about to end")
        assert answer.headers["connection"] == "close"
        assert process.get("/healthz").status_code == 200
        process.process.wait(40)
    assert callers.came["the service is about to end"] + callers.came["refused"] == 8
    assert set(callers.came) <= {200, "the service is about to end", "refused"}


@pytest.mark.fault(
    "processes", "the only worker killed", "503 with Retry-After at once, until another is ready; nobody hangs"
)
def test_while_a_killed_worker_is_replaced_others_are_told_so_at_once(served: Workspace) -> None:
    with running(served) as process:
        killed = process.worker()
        killed.kill()
        killed.wait(10)
        statuses, slowest, deadline = Counter[int](), 0.0, time.monotonic() + 60
        while time.monotonic() < deadline:
            began = time.monotonic()
            with httpx.Client(base_url=process.client.base_url, headers=process.client.headers, timeout=30) as client:
                try:
                    answer = client.post("/v1/churn", json={"customer_ids": ["c001"]})
                except httpx.ReadError:  # the one that fell between
                    continue
            slowest = max(slowest, time.monotonic() - began)
            statuses[answer.status_code] += 1
            if answer.status_code == 200:
                break
            assert answer.headers["retry-after"] == "1"
            time.sleep(0.05)
        assert set(statuses) == {200, 503}
        assert slowest < 20  # a hang would be as long as the start


@pytest.mark.fault("processes", "one of two workers killed", "the other answers everything")
def test_one_of_two_killed_workers_is_hardly_noticed(served: Workspace) -> None:
    with running(served, workers="2") as process:
        process.worker().kill()
        with httpx.Client(base_url=process.client.base_url, headers=process.client.headers, timeout=30) as client:
            answers = [client.post("/v1/churn", json={"customer_ids": ["c001"]}).status_code for _ in range(20)]
        assert answers == [200] * 20
        assert "regulars_requests_total" in process.get("/metrics").text


def test_it_speaks_tls_by_itself(served: Workspace, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    process = Process(served, tls_cert=str(certificate), tls_key=str(key))
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    process.client = httpx.Client(
        base_url=f"https://127.0.0.1:{process.port}", headers=process.client.headers, verify=context, timeout=30
    )
    process.start()
    try:
        answer = process.get("/healthz")
        assert answer.headers["strict-transport-security"]
        with closing(socket.create_connection(("127.0.0.1", process.port), timeout=10)) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"200 OK" not in plain.recv(1000)
    finally:
        process.stop()
