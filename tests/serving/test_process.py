"""The service as a process: it survives what kills it, and exchanges a champion under load."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from core.event_log import EventLog
from core.prediction_log import PredictionLog
from core.workspace import Workspace
from models.kinds import FittedModel, kind
from models.registry import Registry
from models.version import CHAMPION
from tests.serving.process import START_SECONDS, Process
from tests.support import toy
from tests.support.mlflow import give_empty_registry
from tests.support.ports import own_port
from training import tracking

pytestmark = pytest.mark.long


@pytest.fixture
def process(served: Workspace) -> Iterator[Process]:
    made = Process(served)
    made.start()
    yield made
    made.stop()


def test_acknowledged_feedback_and_events_survive_kill_9(process: Process) -> None:
    acknowledged: list[int] = []

    def send() -> None:
        with contextlib.suppress(httpx.HTTPError):
            for number in range(10_000):
                outcome = {"prediction_id": f"{number:032x}", "outcome": {"number": number}}
                event = {"customer_id": f"k{number}", "kind": "purchase", "product_id": "007", "value": 1.0}
                if process.client.post("/v1/feedback", json=outcome).status_code != 200:
                    return
                if process.client.post("/v1/events", json={"events": [event]}).status_code != 200:
                    return
                acknowledged.append(number)

    sender = threading.Thread(target=send)
    sender.start()
    while len(acknowledged) < 20:
        time.sleep(0.01)
    family = process.family()
    for each in family:
        each.kill()
    sender.join()
    psutil.wait_procs(family, timeout=10)
    process.process.wait()

    process.start()  # on the same port
    outcomes = {row["outcome"]["number"] for row in PredictionLog(process.workspace).outcomes()}
    events = {event.customer_id for event in EventLog(process.workspace).pending()}
    assert set(acknowledged) <= outcomes
    assert {f"k{number}" for number in acknowledged} <= events
    known = process.client.post("/v1/churn", json={"customer_ids": [f"k{n}" for n in acknowledged]}).json()
    assert {result["fallback"] for result in known["results"]} == {"new_customer"}


@pytest.mark.fault(
    "processes",
    "`regulars serve` itself killed (kill -9)",
    "its processes end with it; it starts again on the same port",
)
def test_a_killed_worker_is_replaced_and_a_killed_command_leaves_nothing_behind(process: Process) -> None:
    process.worker().kill()
    time.sleep(0.5)
    process.wait_ready()
    family = process.family()
    process.process.kill()
    process.process.wait()
    _, left = psutil.wait_procs(family, timeout=20)
    assert left == []
    process.start()


def test_a_busy_port_is_named_and_another_offered(process: Process) -> None:
    command = [sys.executable, "-m", "pipelines.cli.main", "serve", "--port", str(process.port)]
    done = subprocess.run(
        [*command, "--workspace", str(process.workspace.root)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"port {process.port} on 127.0.0.1 is taken" in done.stderr
    assert "regulars serve --port" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_stops_everything(process: Process) -> None:
    family = process.family()
    process.process.send_signal(signal.SIGINT)
    assert process.process.wait(40) == 130
    _, left = psutil.wait_procs(family, timeout=10)
    assert left == []
    assert "Traceback" not in process.log.read_text()


def test_without_a_workspace_it_says_what_to_do(tmp_path: Path) -> None:
    for arguments in (["pipelines.cli.main", "serve"], ["serving"]):
        environment = {name: value for name, value in os.environ.items() if name != "REGULARS_WORKSPACE"}
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=False,
        )
        assert done.returncode == 1
        assert "regulars init" in done.stderr
        assert "Traceback" not in done.stderr


def register(workspace: Workspace, folder: Path, model: FittedModel) -> str:
    """A version in the registry; what it says of its training is a toy's."""
    for part in ("model", "evaluation", "baseline"):
        model.save(folder / part)
    churn = kind("churn")
    record = toy.record(folder.parent / "toy", kind=churn, as_of=model.trained_as_of, directory=folder)
    return tracking.log(workspace, record).version


class Askers:
    """Three clients that ask without pause, and what they were answered: seconds, status, version."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.answers: list[tuple[float, int, str | None]] = []
        self.enough = threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(3)]

    def ask(self) -> None:
        like = self.process.client
        with httpx.Client(base_url=like.base_url, headers=like.headers, timeout=30) as client:
            while not self.enough.is_set():
                started = time.monotonic()
                answer = client.post("/v1/churn", json={"customer_ids": ["c001"]})
                version = answer.json().get("version")
                self.answers.append((time.monotonic() - started, answer.status_code, version))
                time.sleep(0.02)

    def __enter__(self) -> Askers:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.enough.set()
        for thread in self.threads:
            thread.join()

    def wait_for(self, version: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.answers and self.answers[-1][2] == version:
                return
            time.sleep(0.05)
        pytest.fail(f"version {version} did not answer within {seconds} s")


def test_a_new_champion_answers_within_30_seconds_without_a_failed_request(
    served: Workspace, fitted: tuple[Path, dict[str, FittedModel]], tmp_path: Path
) -> None:
    give_empty_registry(served)
    registry, model = Registry(served), fitted[1]["churn"]
    first, second = (register(served, tmp_path / name, model) for name in ("first", "second"))
    registry.set_alias("churn", CHAMPION, first)
    process = Process(served)
    try:
        process.start()
        with Askers(process) as askers:
            askers.wait_for(first)
            registry.set_alias("churn", CHAMPION, second)
            askers.wait_for(second)
            time.sleep(1)
    finally:
        process.stop()
    assert {status for _, status, _ in askers.answers} == {200}
    assert {version for _, _, version in askers.answers} == {first, second}
    assert askers.answers[-1][2] == second
    assert max(seconds for seconds, _, _ in askers.answers) < 5


@pytest.mark.fault("processes", "a start that can't be", "says why, once, and ends")
def test_a_service_that_cannot_start_says_why_once_and_ends(served: Workspace) -> None:
    served.database.dispose()
    (served.root / "state.db").write_bytes(b"no database " * 400)
    for rest in ("-wal", "-shm"):
        (served.root / f"state.db{rest}").unlink(missing_ok=True)
    command = [sys.executable, "-m", "pipelines.cli.main", "serve", "--port", str(own_port())]
    environment = {**os.environ, "REGULARS_WORKSPACE": str(served.root)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("the service can't start") == 1
    assert "Traceback" not in ended.stderr
