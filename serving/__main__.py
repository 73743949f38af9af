"""`python -m serving --host H --port P`: the service of the workspace that REGULARS_WORKSPACE names."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import socket
import ssl
import sys
from pathlib import Path
from typing import Final

from core import idle_threads, logs, telemetry
from core.errors import RegularsError
from core.settings import Serving
from core.workspace import Workspace
from serving.orphans import end_with_parent
from serving.prometheus import sharing_figures
from serving.supervisor import Supervisor

BACKLOG: Final = 2048
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than load balancers and clients keep a connection: else they send on one that is being closed."""
END_SECONDS: Final = 5.0
WORKER: Final = [
    sys.executable,
    *("-m", "_bentoml_impl.worker.service", "serving.service:Regulars"),
    *("--service-name", "regulars", "--fd", "{fd}", "--worker-id", "{worker}"),
    *("--backlog", str(BACKLOG), "--timeout-keep-alive", str(KEEP_ALIVE_SECONDS)),
]


def main() -> None:
    """Run the service until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m serving", description=__doc__)
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--with-parent", action="store_true", help="end when the process that started this one ends")
    given = parser.parse_args()
    try:
        workspace = Workspace.open()
    except RegularsError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    if given.with_parent:
        end_with_parent()
    serve(workspace, given.host or workspace.settings.serving.host, given.port or workspace.settings.serving.port)


def serve(workspace: Workspace, host: str, port: int) -> None:
    """Supervise the workers; returns after SIGTERM or Ctrl-C."""
    telemetry.switch_off()
    idle_threads.let_sleep()
    logs.configure()
    settings = workspace.settings.serving
    # BentoML keeps its files in the home directory otherwise, one set for all services of a machine.
    os.environ["BENTOML_HOME"] = str(workspace.root / "bentoml")
    os.environ["REGULARS_WORKSPACE"] = str(workspace.root)
    # BentoML lets its workers import from the folder they stand in first: a workspace has a folder `models`, too.
    os.chdir(Path(__file__).resolve().parents[1])
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("BENTOML_QUIET", "true")
    tls = ["--ssl-certfile", settings.tls_cert, "--ssl-keyfile", settings.tls_key] if settings.tls_cert else []
    longest = math.ceil(settings.request_seconds)
    with sharing_figures(settings.workers), _listening(host, port) as listener:
        supervisor = Supervisor(
            listener,
            [*WORKER, "--timeout-graceful-shutdown", str(longest), *tls],
            os.environ,
            workers=settings.workers,
            stop_seconds=settings.drain_seconds + longest + END_SECONDS,
            tls=_context(settings),
        )
        asyncio.run(supervisor.run())


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        print(f"error: can't listen on {host}, port {port}: {error.strerror}", file=sys.stderr)
        raise SystemExit(1) from None
    listener.listen(BACKLOG)
    return listener


def _context(settings: Serving) -> ssl.SSLContext | None:
    if not settings.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


if __name__ == "__main__":
    main()
