"""Random ids that sort by time, so that an index over them grows at its end."""

from __future__ import annotations

import os
import threading
import time
from datetime import datetime
from typing import Final

from core import utc

RANDOM_BYTES: Final = 10
BLOCK: Final = 256
"""Ids whose random bytes are fetched at once: the system takes longer for each call than all else of an id does."""


class _Random(threading.local):
    """Random bytes of this thread that nobody has seen."""

    def __init__(self) -> None:
        self.block, self.at = b"", 0

    def take(self) -> str:
        if self.at >= len(self.block):
            self.block, self.at = os.urandom(BLOCK * RANDOM_BYTES), 0
        self.at += RANDOM_BYTES
        return self.block[self.at - RANDOM_BYTES : self.at].hex()


_random = _Random()


def _begin_anew() -> None:
    """A process that was forked off must not give the ids of the one before."""
    global _random  # noqa: PLW0603
    _random = _Random()


os.register_at_fork(after_in_child=_begin_anew)


def new_id() -> str:
    """32 hexadecimal digits: 12 of the time in milliseconds, and 80 random bits."""
    return f"{time.time_ns() // 1_000_000:012x}{_random.take()}"


def first_id(at: datetime) -> str:
    """What the first id of that moment begins with; sorts before each of them."""
    return f"{int(utc.aware(at).timestamp() * 1000):012x}"
