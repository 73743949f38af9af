"""Servers started as processes of their own: free ports, readiness, and a clean stop."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from core.errors import NotReady, StoreError, UsageError

STOP_SECONDS = 15


def free_port(host: str, wanted: int, tries: int = 50, taken: Sequence[int] = ()) -> int:
    """The first port at or above `wanted` on which nothing listens.

    Raises:
        NotReady: none of the `tries` ports is free.
        UsageError: nothing can listen there, whatever else does.
    """
    for port in range(wanted, min(wanted + tries, 65536)):
        if port not in taken and is_free(host, port):
            return port
    raise NotReady(f"no free port from {wanted} to {wanted + tries - 1} on {host}", todo="name another with --port")


def is_free(host: str, port: int) -> bool:
    """Whether nothing listens there.

    Raises:
        UsageError: nothing can, whatever else does: the address is not this machine's, or the port not for everybody.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except PermissionError as error:
        todo = "name a port from 1024 on: --port, or `port` in regulars.toml"
        raise UsageError(f"port {port} on {host} can't be listened on", why=error.strerror, todo=todo) from error
    except (OSError, UnicodeError) as error:  # the latter of a name that can't be one
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            return False
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)
        todo = "name one of its addresses, such as 127.0.0.1: --host, or `host` in regulars.toml"
        raise UsageError(f"{host} is no address that this machine can listen on", why=why, todo=todo) from error
    return True


def interrupt_on_signals() -> None:
    """Let SIGTERM and a closed terminal end this process as Ctrl-C does: with everything that it started.

    A signal that is ignored (`nohup`) stays so.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


@dataclass(frozen=True)
class Server:
    """What to start: `arguments` of `regulars`, where it answers once it is ready, and where its output goes."""

    name: str
    arguments: Sequence[str]
    ready_url: str
    log: Path


class Processes:
    """Starts servers and stops them all at the end, whatever happens in between; SIGTERM counts as Ctrl-C."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Processes:
        interrupt_on_signals()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, server: Server) -> None:
        """Start a server in a process group of its own, so that a Ctrl-C here reaches it through `stop` only."""
        server.log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pipelines.cli.main", *server.arguments]
        with server.log.open("wb") as log:
            self._running[server.name] = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def wait_ready(self, server: Server, seconds: float = 120) -> None:
        """Return once the server answers.

        Raises:
            StoreError: it ended, or did not answer in time; with the last lines of its output.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._running[server.name].poll() is not None:
                break
            if _answers(server.ready_url):
                return
            time.sleep(0.2)
        tail = "\n".join(server.log.read_text(errors="replace").splitlines()[-8:])
        raise StoreError(f"the {server.name} did not start", where=str(server.log), why=tail or "no output")

    def wait(self) -> str:
        """Block until one of the servers ends by itself; returns its name."""
        while True:
            for name, process in self._running.items():
                if process.poll() is not None:
                    return name
            time.sleep(0.5)

    def stop(self) -> None:
        """Ask every server to end, wait, and end by force what is left."""
        for process in self._running.values():
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()
        self._running.clear()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
