"""`regulars serve` as a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import Any

import httpx
import psutil
import pytest

from core.keys import RIGHTS, KeyStore
from core.workspace import Workspace
from feature_repo.feast_api import FILES_OF_FIGURES
from tests.support.ports import own_port

START_SECONDS = 180


class Process:
    """`regulars serve` in a workspace: the person stands in it, where a folder `models` lies, too."""

    def __init__(self, workspace: Workspace, **settings: str) -> None:
        self.workspace = workspace
        self.settings = {f"REGULARS_SERVING__{name.upper()}": value for name, value in settings.items()}
        self.port = own_port()
        token = KeyStore(workspace).create(f"test {time.monotonic_ns()}", RIGHTS)
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        self.log = workspace.root / "serve.log"
        self.command = [sys.executable, "-P", "-m", "pipelines.cli.main", "serve", "--port", str(self.port)]
        self.variables: dict[str, str] = {}

    def start(self) -> None:
        environment = {
            **{name: value for name, value in os.environ.items() if name not in FILES_OF_FIGURES},
            "REGULARS_SERVING__RELOAD_SECONDS": "0.5",
            "REGULARS_SERVING__DRAIN_SECONDS": "1",
            **self.settings,
            **self.variables,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.workspace.root,
                # Tests that run in the background of a shell are given a Ctrl-C that is ignored.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            )
        self.wait_ready()

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.client.post(path, json=body)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def wait_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if self.client.get("/readyz").status_code == 200:
                    return
            time.sleep(0.2)
        pytest.fail(self.log.read_text())

    def family(self) -> list[psutil.Process]:
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def worker(self) -> psutil.Process:
        return next(p for p in self.family() if "_bentoml_impl.worker.service" in p.cmdline())

    def kill(self) -> None:
        """End all of it at once, as a machine does that loses its power."""
        family = self.family()
        for each in family:
            each.kill()
        psutil.wait_procs(family, timeout=10)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)
