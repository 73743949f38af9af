"""Keeps BentoML's workers running on one socket, and answers where none of them does.

BentoML's own supervisor looks every ten seconds whether a worker lives, and holds the socket meanwhile: who connects
hangs, for 40 s after a worker was killed and for 5 after SIGTERM. This one knows at once. While no worker takes
requests it answers 503 with Retry-After itself: while they start, and, told to end, from when they take no more until
they have answered what they took. So no connection that the system has accepted is ever dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from serving.problems import NotYet

READY_FD: Final = "REGULARS_WORKER_READY_FD"
"""Names the pipe into which a worker writes once it takes requests, and which it closes when it takes no more."""
CANNOT_START: Final = 78
"""The exit code of a worker that would not start the next time either, by what it can tell (`EX_CONFIG`)."""
LONG_LIVED_SECONDS: Final = 30.0
LONGEST_PAUSE_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 2.0
"""A connection that is told so has this long to ask, and to read."""
LAST_SECONDS: Final = 0.2
"""After the last worker has ended: who connected meanwhile is told so, too."""
_log = structlog.get_logger(__name__)


@dataclass
class _Slot:
    """The place of one worker."""

    number: int
    process: asyncio.subprocess.Process | None = None
    taking: bool = False
    reading: int | None = None
    """The pipe that tells so, while it is open: its number is somebody else's afterwards."""
    pause: float = 0.0
    cannot_start: bool = False
    """It has said so since it took requests last."""


class Supervisor:
    """`command` starts a worker; `{fd}` and `{worker}` in it are the socket's number and the worker's."""

    def __init__(
        self,
        listener: socket.socket,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        workers: int,
        stop_seconds: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._listener, self._command, self._environment = listener, list(command), dict(environment)
        self._stop_seconds = stop_seconds
        self._tls = tls
        self._slots = [_Slot(number + 1) for number in range(workers)]
        self._stopping = asyncio.Event()
        self._porter: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None] | None] = set()

    async def run(self) -> None:
        """Returns after SIGTERM or Ctrl-C, once every worker has ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        self._answer_or_not()
        kept = [asyncio.create_task(self._keep(slot)) for slot in self._slots]
        await self._stopping.wait()
        _, late = await asyncio.wait(kept, timeout=self._stop_seconds)
        if late:
            _log.warning("workers_killed", seconds=self._stop_seconds)
            self._signal(signal.SIGKILL)
            await asyncio.wait(late)
        await asyncio.sleep(LAST_SECONDS)
        self._close_porter()
        self._listener.close()
        if self._answering:
            await asyncio.wait({task for task in self._answering if task}, timeout=ANSWER_SECONDS)

    def _stop(self) -> None:
        """A second signal does not wait for requests under way."""
        self._signal(signal.SIGKILL if self._stopping.is_set() else signal.SIGTERM)
        self._stopping.set()

    def _signal(self, number: signal.Signals) -> None:
        for slot in self._slots:
            if slot.process is not None and slot.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    slot.process.send_signal(number)

    async def _keep(self, slot: _Slot) -> None:
        """Start the worker, and another whenever it ends; one that does not live long is waited with.

        Where none takes requests, for none can start, the service ends; while one does the others are tried again.
        """
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._one_life(slot)
            slot.cannot_start |= code == CANNOT_START
            if all(each.cannot_start for each in self._slots):
                self._stop()
            if self._stopping.is_set():
                return
            _log.warning("worker_ended", worker=slot.number, code=code)
            lived = time.monotonic() - began
            slot.pause = 0.0 if lived > LONG_LIVED_SECONDS else min(LONGEST_PAUSE_SECONDS, 2 * slot.pause + 0.25)
            if slot.cannot_start:
                slot.pause = LONGEST_PAUSE_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), slot.pause)

    async def _one_life(self, slot: _Slot) -> int:
        slot.reading, writing = os.pipe()
        passed = self._listener.fileno()
        command = [part.format(fd=passed, worker=slot.number) for part in self._command]
        slot.process = await asyncio.create_subprocess_exec(
            *command, env={**self._environment, READY_FD: str(writing)}, pass_fds=(passed, writing)
        )
        os.close(writing)
        if self._stopping.is_set():  # told while it was started
            self._signal(signal.SIGTERM)
        loop = asyncio.get_running_loop()
        loop.add_reader(slot.reading, self._told, slot, slot.reading)
        code = await slot.process.wait()
        self._told_no_more(slot)
        _forget_figures(slot.process.pid)
        return code

    def _told(self, slot: _Slot, reading: int) -> None:
        """The worker takes requests; or it closed the pipe, or ended, which closes it too."""
        if os.read(reading, 1):
            slot.taking, slot.cannot_start = True, False
            self._answer_or_not()
        else:
            self._told_no_more(slot)

    def _told_no_more(self, slot: _Slot) -> None:
        if slot.reading is not None:
            asyncio.get_running_loop().remove_reader(slot.reading)
            os.close(slot.reading)
            slot.reading, slot.taking = None, False
            self._answer_or_not()

    def _answer_or_not(self) -> None:
        """Answer in the workers' place exactly while none of them takes requests."""
        if any(slot.taking for slot in self._slots):
            self._close_porter()
        elif self._porter is None:
            self._porter = asyncio.create_task(self._answer_in_their_place())

    def _close_porter(self) -> None:
        if self._porter is not None:
            self._porter.cancel()
            self._porter = None

    async def _answer_in_their_place(self) -> None:
        server = await asyncio.start_server(self._say_not_yet, sock=self._listener.dup(), ssl=self._tls)
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    async def _say_not_yet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """503 whatever is asked; what was sent is read, for a connection closed before that is reset."""
        why = "the service is about to end" if self._stopping.is_set() else "the service is starting"
        response = NotYet(why, headers={"Retry-After": "1", "Connection": "close"}).response()
        head = [b"HTTP/1.1 503 Service Unavailable\r\n"]
        head += [name + b": " + value + b"\r\n" for name, value in response.raw_headers]
        self._answering.add(asyncio.current_task())
        # Cancelled at the end of the process, it ends quietly: Python 3.11's streams tell of it by a trace.
        quietly = (
            OSError,
            TimeoutError,
            asyncio.LimitOverrunError,
            asyncio.IncompleteReadError,
            asyncio.CancelledError,
        )
        with contextlib.suppress(*quietly):
            async with asyncio.timeout(ANSWER_SECONDS):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"".join([*head, b"\r\n", response.body]))
                await writer.drain()
                if writer.can_write_eof():
                    writer.write_eof()
                while await reader.read(65536):
                    pass
        writer.close()
        self._answering.discard(asyncio.current_task())


def _forget_figures(pid: int) -> None:
    """A gauge of a worker that is no more counts no longer."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


def tell_taking() -> None:
    """Called by a worker: its requests are its own from now on. Under another supervisor nobody is told."""
    if READY_FD in os.environ:
        os.write(int(os.environ[READY_FD]), b"1")


def tell_leaving() -> None:
    """Called by a worker: it takes no more."""
    number = os.environ.pop(READY_FD, None)
    if number is not None:
        os.close(int(number))
