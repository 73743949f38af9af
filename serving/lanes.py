"""Threads for handlers, in lanes that do not wait for each other, and a 429 before anything waits for long.

Who asks for one customer does not stand behind who asks for ten thousand, and no prediction stands behind a write that
waits for its disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, Final

from serving.problems import TooBusy

LONGEST_QUEUE_SECONDS: Final = 0.5
SOON: Final = {"Retry-After": "1"}


class Lane:
    """So many threads, and who waits for one. `lag` is how long the last one to begin had waited, in seconds."""

    def __init__(self, name: str, threads: int) -> None:
        self.threads = threads
        self.inside = 0
        self.lag = 0.0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What the work returns.

        Raises:
            TooBusy: whoever began last had waited too long already, and there are still others.
        """
        if self.inside >= 2 * self.threads and self.lag > LONGEST_QUEUE_SECONDS:
            raise TooBusy("others have been waiting for half a second; try again", headers=SOON)
        self.inside += 1
        future = asyncio.get_running_loop().run_in_executor(
            self._pool, partial(copy_context().run, self._begin, time.perf_counter(), work, *arguments)
        )
        future.add_done_callback(self._ended)
        return await future

    def close(self) -> None:
        """Take nothing more; what runs ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, since: float, work: Callable[..., Any], *arguments: Any) -> Any:
        self.lag = time.perf_counter() - since
        return work(*arguments)

    def _ended(self, future: asyncio.Future[Any]) -> None:
        self.inside -= 1
        if not future.cancelled():
            future.exception()  # of a request that nobody waits for any more, nobody else asks
