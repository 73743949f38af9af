"""A store that does not answer is left alone for a while, then asked by one request; nobody else waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

FIRST_REST_SECONDS: Final = 0.5
LONGEST_REST_SECONDS: Final = 10.0


class CircuitBreaker:
    """Closed while the other side answers; open after a failure; then one at a time may try (half-open).

    Each failure in a row doubles the rest, to a limit.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_again_at = 0.0
        self._is_probed = False

    @property
    def is_closed(self) -> bool:
        """Whether the other side answered when it was asked last."""
        return self._failures == 0

    def lets_through(self) -> bool:
        """Whether this caller may ask; who was let through tells `succeeded` or `failed`."""
        if self._failures == 0:
            return True
        with self._lock:
            if self._is_probed or self._now() < self._closed_again_at:
                return False
            self._is_probed = True
            return True

    def succeeded(self) -> None:
        """It answered."""
        if self._failures or self._is_probed:
            with self._lock:
                self._failures, self._is_probed = 0, False

    def failed(self) -> None:
        """It did not."""
        with self._lock:
            self._failures += 1
            rest = min(LONGEST_REST_SECONDS, FIRST_REST_SECONDS * 2 ** min(self._failures - 1, 10))
            self._closed_again_at, self._is_probed = self._now() + rest, False
