"""The prediction service as a process: started, waited for, stopped."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final

from core import leases, progress
from core.errors import NotReady, SettingsError, StoreError
from core.workspace import VARIABLE, Workspace
from pipelines.processes import free_port, interrupt_on_signals, is_free

START_SECONDS: Final = 180.0
LOOK_SECONDS: Final = 0.5
LAST_SECONDS: Final = 10.0
"""What the service has beyond the times of its settings until it is killed."""
RELEASE_SECONDS: Final = 2.0
READY, NO_MODEL = "ready", "urn:regulars:problem:no-model"


class Service:
    """Runs the service while inside the `with`; SIGTERM counts as Ctrl-C.

    Raises:
        NotReady: something listens on the port already; names a free one.
        UsageError: nothing can listen there.
    """

    def __init__(self, workspace: Workspace, host: str, port: int) -> None:
        settings = workspace.settings.serving
        certificate = settings.tls_cert
        self._stop_seconds = settings.drain_seconds + settings.request_seconds + LAST_SECONDS
        self.url = f"http{'s' if certificate else ''}://{f'[{host}]' if ':' in host else host}:{port}"
        self._tls = trusting(certificate) if certificate else None
        self._told = False
        self._word = ExitStack()
        self._words = _folder(workspace)
        _refuse_busy(host, port)
        self._command = [sys.executable, "-m", "serving", "--host", host, "--port", str(port), "--with-parent"]
        self._environment = {**os.environ, VARIABLE: str(workspace.root)}

    def __enter__(self) -> Service:
        interrupt_on_signals()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.default_int_handler:
                signal.signal(number, self._interrupt)
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        with suppress(OSError, NotImplementedError):  # a folder that can't be written into stops no service
            self._word.enter_context(leases.held(self._words)).write_text(self.url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(self._stop_seconds)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._word.close()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """As Ctrl-C does; where Python drops the exception, as in the callback of an import, `wait` sees it still."""
        self._told = True
        signal.default_int_handler(number, frame)

    def wait_ready(self) -> None:
        """Return once the service can answer; where it can't for want of a model, say so and return too.

        Raises:
            StoreError: it ended, or does not come up.
        """
        progress.current().step("loading the models")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            state, detail = _state(f"{self.url}/readyz", self._tls)
            if state == READY:
                return
            if state == NO_MODEL:
                progress.current().note(detail)
                return
            time.sleep(0.2)
        raise StoreError("the service did not start", why="its messages are above", todo="run: regulars doctor")

    def wait(self) -> None:
        """Block until Ctrl-C.

        Raises:
            StoreError: the service ended by itself.
        """
        while self._process.poll() is None:
            if self._told:
                raise KeyboardInterrupt
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LOOK_SECONDS)
        raise StoreError("the service ended by itself", why="its messages are above", todo="run: regulars doctor")


def _refuse_busy(host: str, port: int) -> None:
    """A service that was killed gives its port back a moment later."""
    deadline = time.monotonic() + RELEASE_SECONDS
    while not is_free(host, port):
        if time.monotonic() > deadline:
            other = free_port(host, port + 1)
            raise NotReady(
                f"port {port} on {host} is taken",
                todo=f"stop what listens there, or run: regulars serve --port {other}",
            )
        time.sleep(0.2)


def running(workspace: Workspace) -> list[str]:
    """Where services that `regulars serve` has started over this workspace listen, until they end or are killed."""
    with suppress(OSError, NotImplementedError):
        return sorted(word.read_text() for word in leases.sweep(_folder(workspace)) if word.exists())
    return []


def _folder(workspace: Workspace) -> Path:
    return workspace.root / ".services"


def trusting(certificate: str) -> ssl.SSLContext:
    """Trust in the service's own certificate, whatever name it is for: it is asked at the address it listens on.

    Raises:
        SettingsError: the file is not there, or no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=certificate)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            "the certificate can't be read",
            where=f"serving.tls_cert, {certificate}",
            why=str(error),
            todo="name a PEM file, by its whole path",
        ) from None
    context.check_hostname = False
    return context


def _state(url: str, tls: ssl.SSLContext | None) -> tuple[str, str]:
    """`READY`, or the type of the service's problem, with its words."""
    try:
        with urllib.request.urlopen(url, timeout=5, context=tls):
            return READY, ""
    except urllib.error.HTTPError as error:
        problem = _problem(error.read())
        return str(problem.get("type", "")), str(problem.get("detail", ""))
    except OSError:
        return "not listening", ""


def _problem(content: bytes) -> dict[str, object]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
