"""A worker and its supervisor end together: one killed by force leaves no worker behind that keeps the port, and a
worker that can't start is not started over and over.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import NoReturn

from serving.supervisor import CANNOT_START, READY_FD

LOOK_SECONDS = 0.5


def end_with_parent() -> None:
    """Stop this process, as Ctrl-C would, soon after its parent has ended."""
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def cannot_start(error: Exception) -> NoReturn:
    """Say why this worker can't start, and end it. BentoML's supervisor, which would only start it again, ends too."""
    print(f"error: the service can't start: {error or type(error).__name__}", file=sys.stderr, flush=True)
    if READY_FD not in os.environ:
        os.kill(os.getppid(), signal.SIGTERM)
    os._exit(CANNOT_START)  # an exception would come out as a traceback of the server's


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
