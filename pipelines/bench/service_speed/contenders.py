"""The services that are measured, each a process of its own, and what such a process uses."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from core.errors import StoreError
from core.workspace import VARIABLE, Workspace
from pipelines.processes import free_port

if TYPE_CHECKING:
    import psutil

OURS, FLOOR = "regulars", "floor"
ANEW: Final = "regulars, all told anew"
"""The same without anything that it keeps of customers: what the first request of each costs."""
HOST: Final = "127.0.0.1"
FIRST_PORT: Final = 18_300
START_SECONDS: Final = 240.0
_NOTHING_KEPT: Final = {"REGULARS_SERVING__KEPT_CUSTOMERS": "0"}
SETTINGS: Final = {"REGULARS_SERVING__RELOAD_SECONDS": "2", "REGULARS_SERVING__WORKERS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Usage:
    """What a service uses with all its processes: seconds of CPU since its start, resident bytes, open handles."""

    cpu: float
    resident: int
    handles: int


@dataclass(frozen=True)
class Contender:
    """A service that runs."""

    name: str
    port: int
    process: psutil.Process

    def usage(self) -> Usage:
        """What it uses now; the CPU with that of processes it had and has no more."""
        family = [self.process, *self.process.children(recursive=True)]
        times = [each.cpu_times() for each in family]
        cpu = sum(each.user + each.system + each.children_user + each.children_system for each in times)
        return Usage(cpu, sum(each.memory_info().rss for each in family), sum(each.num_fds() for each in family))


@contextmanager
def running(
    name: str, command: Sequence[str], url: str, log: Path, *, environment: Mapping[str, str]
) -> Iterator[Contender]:
    """Start a service, wait until it answers at `url`, and end it.

    Raises:
        StoreError: it does not come up; names where its output is.
    """
    import psutil

    with log.open("ab") as output:
        started = subprocess.Popen(
            command, env={**os.environ, **SETTINGS, **environment}, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(name, started, url, log)
        yield Contender(name, urlsplit(url).port or 80, psutil.Process(started.pid))
    finally:
        family = [*psutil.Process(started.pid).children(recursive=True)] if started.poll() is None else []
        started.terminate()
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        for each in psutil.wait_procs(family, timeout=5)[1]:
            each.kill()


@contextmanager
def service(workspace: Workspace, name: str = OURS) -> Iterator[Contender]:
    """The product, as `regulars serve` starts it."""
    port = free_port(HOST, FIRST_PORT)
    command = [sys.executable, "-m", "serving", "--host", HOST, "--port", str(port), "--with-parent"]
    given = {VARIABLE: str(workspace.root)} | (_NOTHING_KEPT if name == ANEW else {})
    url, log = f"http://{HOST}:{port}/readyz", workspace.root / f"bench-{port}.log"
    with running(name, command, url, log, environment=given) as started:
        yield started


@contextmanager
def floor(workspace: Workspace) -> Iterator[Contender]:
    """The least that any service has to do."""
    port = free_port(HOST, FIRST_PORT + 100)
    command = [
        sys.executable,
        "-m",
        "pipelines.bench.service_speed.floor",
        "-w",
        str(workspace.root),
        "--port",
        str(port),
    ]
    url, log = f"http://{HOST}:{port}/healthz", workspace.root / "bench-floor.log"
    with running(FLOOR, command, url, log, environment={}) as started:
        yield started


def _wait(name: str, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise StoreError(f"{name} did not start", where=str(log), why="its output is there")
