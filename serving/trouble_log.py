"""A line in the log for what the service could not answer, without flooding it while a store is away."""

from __future__ import annotations

import time
from typing import Final

import structlog

EVERY_SECONDS: Final = 10.0
_log = structlog.get_logger(__name__)


class TroubleLog:
    """The first of its kind (address and problem) is told at once, the next together, every ten seconds.

    `event` names the lines.
    """

    def __init__(self, event: str = "not_answered") -> None:
        self._event = event
        self._told_at: dict[tuple[str, str], float] = {}
        self._untold: dict[tuple[str, str], int] = {}

    def tell(self, path: str, status: int, reason: str, **more: str) -> None:
        """One more; the line names this request with what else is said of it, and counts those that had none."""
        kind, now = (path, reason), time.monotonic()
        if now - self._told_at.get(kind, float("-inf")) < EVERY_SECONDS:
            self._untold[kind] = self._untold.get(kind, 0) + 1
            return
        self._told_at[kind] = now
        told = {"endpoint": path} if path else {}
        others = self._untold.pop(kind, 0)
        _log.warning(self._event, **told, status=status, reason=reason, others=others, **more)
