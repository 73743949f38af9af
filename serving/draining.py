"""The end of a worker: it says that it is not ready first, and goes on answering until nobody sends to it any more.

A load balancer takes a second or two to see `/readyz`; a client on a kept connection is told with its next answer to
take another one. What is asked meanwhile is answered.
"""

from __future__ import annotations

import asyncio
import signal
from types import FrameType
from typing import Any

from serving.front import Front
from serving.supervisor import tell_leaving


def drain_on_signals() -> None:
    """Put the time of draining before what SIGTERM and Ctrl-C do already; a second signal does not wait."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _draining(loop, signal.getsignal(number)))


def _draining(loop: asyncio.AbstractEventLoop, then: Any) -> Any:
    def handler(number: int, frame: FrameType | None) -> None:
        seconds = 0.0 if Front.is_draining() else Front.drain()
        loop.call_soon_threadsafe(lambda: loop.call_later(seconds, end, number, frame))

    def end(number: int, frame: FrameType | None) -> None:
        tell_leaving()
        then(number, frame)

    return handler
