"""`regulars status` finds the service where it listens, whatever address it was started with, as long as it runs."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.workspace import Workspace
from pipelines import status
from tests.support.ports import own_port

SETTINGS = "not running at http://127.0.0.1:3999"
_SERVE = """
import sys
from pathlib import Path
from core.workspace import Workspace
from pipelines.service_process import Service

service = Service(Workspace.open(Path(sys.argv[1])), "127.0.0.1", int(sys.argv[2]))
service._command = [sys.executable, "-c", "pass"]  # it loads no models
with service:
    print(service._process.pid, flush=True)
    sys.stdin.readline()
"""


class Ready(http.server.BaseHTTPRequestHandler):
    """Says that it is ready."""

    def do_GET(self) -> None:
        """Whatever is asked."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def answering(port: int) -> Iterator[None]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@contextmanager
def started(workspace: Workspace, port: int) -> Iterator[subprocess.Popen[str]]:
    """As `regulars serve` is, whose own process does nothing."""
    command = [sys.executable, "-c", _SERVE, str(workspace.root), str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process


@pytest.fixture
def shop(new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("REGULARS_SERVING__PORT", "3999")
    return Workspace.open(new_workspace.root)


def test_each_is_named_until_it_ends(shop: Workspace) -> None:
    assert status.collect(shop).service == SETTINGS
    first, second = sorted((own_port(), own_port()))
    with started(shop, first) as one, started(shop, second) as other, answering(first):
        said = f"ready at http://127.0.0.1:{first}; not running at http://127.0.0.1:{second}"
        assert status.collect(shop).service == said
        other.communicate("end\n")
        assert status.collect(shop).service == f"ready at http://127.0.0.1:{first}"
        one.communicate("end\n")
        assert status.collect(shop).service == SETTINGS


def test_one_that_was_killed_is_not_said_to_run(shop: Workspace) -> None:
    port = own_port()
    with started(shop, port) as process:
        assert status.collect(shop).service == f"not running at http://127.0.0.1:{port}"
        process.kill()
        process.wait()
        assert status.collect(shop).service == SETTINGS


def test_a_workspace_that_can_not_be_written_into_is_served(shop: Workspace) -> None:
    Path(shop.root / ".services").write_text("")
    with started(shop, own_port()) as process:
        assert status.collect(shop).service == SETTINGS
        process.communicate("end\n")
        assert process.returncode == 0
