"""Threads for handlers, in lanes that do not wait for each other, and a 429 before anything waits for long.

Who asks for one customer does not stand behind who asks for ten thousand, and no prediction stands behind a write that
waits for its disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Any, Final

from serving.problems import TooBusy

LONGEST_QUEUE_SECONDS: Final = 0.5
SOON: Final = {"Retry-After": "1"}


class Lane:
    """So many threads, and who waits for one. `lag` is how long the last one to begin had waited, in seconds.

    Where all threads hang nobody begins: then it is the one that waits longest that tells.
    """

    def __init__(self, name: str, threads: int) -> None:
        self.threads = threads
        self.inside = 0
        self.lag = 0.0
        self._waiting: dict[object, float] = {}
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What the work returns.

        Raises:
            TooBusy: whoever began last had waited too long already, or somebody has, and there are still others.
        """
        if self.inside >= 2 * self.threads and self._longest() > LONGEST_QUEUE_SECONDS:
            raise TooBusy("others have been waiting for half a second; try again", headers=SOON)
        self.inside += 1
        who = object()
        self._waiting[who] = time.perf_counter()
        future = asyncio.get_running_loop().run_in_executor(
            self._pool, partial(copy_context().run, self._begin, who, work, *arguments)
        )
        future.add_done_callback(partial(self._ended, who))
        return await future

    def in_every_thread(self, work: Callable[[], object], seconds: float) -> None:
        """Run the work once in each thread, all of which begin for it; who waits for them waits so long at most."""
        together = Barrier(self.threads)  # else one of them takes it twice

        def once() -> None:
            with suppress(BrokenBarrierError):
                together.wait(seconds)
                work()

        wait([self._pool.submit(once) for _ in range(self.threads)], seconds)

    def close(self) -> None:
        """Take nothing more; what runs ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _longest(self) -> float:
        """In seconds; whoever asked first stands first."""
        since = next(iter(list(self._waiting.values())), None)  # a copy: threads take theirs out meanwhile
        return max(self.lag, time.perf_counter() - since if since is not None else 0.0)

    def _begin(self, who: object, work: Callable[..., Any], *arguments: Any) -> Any:
        now = time.perf_counter()
        self.lag = now - self._waiting.pop(who, now)
        return work(*arguments)

    def _ended(self, who: object, future: asyncio.Future[Any]) -> None:
        self.inside -= 1
        self._waiting.pop(who, None)  # of one that was given up before it began
        if not future.cancelled():
            future.exception()  # of a request that nobody waits for any more, nobody else asks
