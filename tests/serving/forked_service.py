"""The service's workers as processes that start in a second: forks of one that has loaded the libraries.

What answers is the service's own, connections and background threads included; only BentoML and the supervisor, which
keep nothing, are not there.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx
import uvicorn
from starlette.types import Receive, Scope, Send

from core import logs
from core.keys import RIGHTS, KeyStore
from core.workspace import Workspace
from serving.front import Front
from serving.orphans import end_with_parent
from serving.protocol import GuardedProtocol
from tests.support import forked
from tests.support.ports import own_port

BACKLOG = 256


class ForkedService:
    """So many workers on one socket."""

    def __init__(self, workspace: Workspace, workers: int) -> None:
        self.workspace = workspace
        self.log = workspace.root / "serve.log"
        self._port = own_port()
        token = KeyStore(workspace).create("forked", RIGHTS)
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self._port}", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        self._listener = self._listening()
        self._workers = [self._start() for _ in range(workers)]

    def wait_ready(self, seconds: float = 60) -> None:
        """Return once a worker says that it is ready."""
        until = time.monotonic() + seconds
        while True:
            with suppress(httpx.HTTPError):
                if self.client.get("/readyz").status_code == 200:
                    return
            assert time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.1)

    @property
    def pids(self) -> list[int]:
        """The processes that answer."""
        return [worker.pid for worker in self._workers if worker.pid]

    def kill_one(self, number: int) -> None:
        """Kill a worker, and start another."""
        self._end(self._workers[number])
        self._workers[number] = self._start()

    def kill_all(self) -> None:
        """Kill all of them, with the connections that none has taken yet, and start others."""
        self.stop()
        self._listener = self._listening()
        self._workers = [self._start() for _ in self._workers]

    def stop(self) -> None:
        """Kill all of them."""
        self._listener.close()
        for worker in self._workers:
            self._end(worker)

    def _listening(self) -> socket.socket:
        return socket.create_server(("127.0.0.1", self._port), backlog=BACKLOG)

    def _start(self) -> BaseProcess:
        return forked.start(_work, self.workspace.root, self._listener, written=self.log)

    def _end(self, worker: BaseProcess) -> None:
        worker.kill()
        worker.join()


def _work(root: Path, listener: socket.socket) -> None:
    end_with_parent()
    logs.configure()
    os.chdir(root)
    Front.open(Workspace.open(root))
    config = uvicorn.Config(_application, http=GuardedProtocol, lifespan="off", log_level="error")
    uvicorn.Server(config).run(sockets=[listener])


async def _application(scope: Scope, receive: Receive, send: Send) -> None:
    assert Front.application is not None
    await Front.application(scope, receive, send)
