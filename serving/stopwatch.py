"""How long the answer has been in the making that this thread makes, for the prediction log.

A handler runs in one thread from its beginning to its end, so nothing has to be handed through.
"""

from __future__ import annotations

import threading
import time

_begun = threading.local()


def start() -> None:
    """From now on."""
    _begun.at = time.perf_counter()


def seconds() -> float | None:
    """Since then; None where nobody started."""
    at: float | None = getattr(_begun, "at", None)
    return None if at is None else time.perf_counter() - at
