"""`python -m serving --host H --port P`: the service of the workspace that REGULARS_WORKSPACE names."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core import idle_threads, telemetry
from core.errors import RegularsError
from core.workspace import Workspace
from serving.orphans import end_with_parent

if TYPE_CHECKING:
    from bentoml import Service


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
    # BentoML keeps its files in the home directory otherwise, one set for all services of a machine.
    os.environ["BENTOML_HOME"] = str(workspace.root / "bentoml")
    os.environ["REGULARS_WORKSPACE"] = str(workspace.root)
    # BentoML lets its workers import from the folder they stand in first: a workspace has a folder `models`, too.
    os.chdir(Path(__file__).resolve().parents[1])
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("BENTOML_QUIET", "true")
    from serving.service import Regulars

    service = cast("Service[Any]", Regulars)  # which the decorator makes of the class
    settings = workspace.settings.serving
    service.config["workers"] = settings.workers
    tls = {"ssl_certfile": settings.tls_cert, "ssl_keyfile": settings.tls_key} if settings.tls_cert else {}
    service.serve_http(host=host, port=port, **tls)


if __name__ == "__main__":
    main()
