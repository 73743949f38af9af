"""Work that needs what the service must not load, in a process of its own beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from typing import Final

from core.workspace import Workspace

LOOK_SECONDS: Final = 0.5
NOT_FOR_OTHERS: Final = ("PROMETHEUS_MULTIPROC_DIR", "REGULARS_WORKER_READY_FD")
"""Variables that are a worker's own."""


def is_installed(module: str) -> bool:
    """Whether this installation has the module: a Bento has the service alone."""
    return find_spec(module.partition(".")[0]) is not None


def run(workspace: Workspace, module: str, *asked: str, stop: threading.Event, longest: float = float("inf")) -> int:
    """Run `python -m MODULE ASKED...` in the workspace; its exit code.

    It is told to end once `stop` is set, or after `longest` seconds.
    """
    environment = {name: value for name, value in os.environ.items() if name not in NOT_FOR_OTHERS}
    environment["REGULARS_WORKSPACE"] = str(workspace.root)
    command, began = [sys.executable, "-P", "-m", module, *asked], time.monotonic()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, cwd=workspace.root)
    while True:
        try:
            return process.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            if stop.is_set() or time.monotonic() - began > longest:
                process.terminate()
