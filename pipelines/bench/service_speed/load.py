"""The load that the bench puts on a service: raw HTTP/1.1 over kept connections, at a rate or as fast as it goes.

At a rate, requests come evenly spaced, as wrk2 and k6 send them, or as from many independent clients (Poisson
arrivals), whether or not earlier ones are answered: one that has to wait for a connection waits in its own time. What
the generator itself is late is not held against the service: a request's time begins when the generator comes to it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final

import numpy as np

from models.arrays import Float64Array

LONGEST_SECONDS: Final = 30.0
"""What is not answered by then after the end of a run is given up, and counted as failed."""


@dataclass(frozen=True)
class LoadSample:
    """One run: the seconds that each answer took, how long the run was, and how many answers were no 200.

    `lag` is by how much the generator itself was late at most, in seconds.
    """

    times: Float64Array
    elapsed: float
    failed: int = 0
    lag: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.times) / self.elapsed if self.elapsed else 0.0

    def quantile(self, share: float) -> float:
        """Milliseconds within which that share of the answers came; NaN without any."""
        return float(np.quantile(self.times, share) * 1000) if len(self.times) else float("nan")

    @property
    def longest(self) -> float:
        """The longest answer, in milliseconds."""
        return float(self.times.max() * 1000) if len(self.times) else float("nan")

    def joined(self, other: LoadSample) -> LoadSample:
        """Both runs as one."""
        times = np.concatenate([self.times, other.times])
        return LoadSample(times, self.elapsed + other.elapsed, self.failed + other.failed, max(self.lag, other.lag))


NOTHING: Final = LoadSample(np.empty(0), 0.0)


def post(path: str, body: bytes, token: str = "") -> bytes:
    """A request as it goes over the wire; without a body a GET."""
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(body)}\r\n"
    head += f"Content-Type: application/json\r\n{f'Authorization: Bearer {token}' + chr(13) + chr(10) if token else ''}"
    return f"{head}\r\n".encode() + body


def saturate(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> LoadSample:
    """Each connection sends its next request as soon as the last one is answered."""
    return asyncio.run(_Generator(port, requests).saturate(connections, seconds))


def pace(
    port: int, requests: Sequence[bytes], connections: int, seconds: float, rate: float, *, evenly: bool = False
) -> LoadSample:
    """So many requests a second on average, at random moments, or `evenly` spaced."""
    moments = _even_moments if evenly else _moments
    return asyncio.run(_Generator(port, requests).pace(connections, moments(rate, seconds)))


def count(port: int, requests: Sequence[bytes], connections: int, total: int) -> LoadSample:
    """As many requests, as fast as they go."""
    return asyncio.run(_Generator(port, requests).saturate(connections, float("inf"), total))


class _Generator:
    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        self._port = port
        self._next = cycle(requests)
        self._times: list[float] = []
        self._statuses: Counter[bytes] = Counter()
        self._idle: list[LoadConnection] = []
        self._queue: deque[float] = deque()
        self._opening: list[asyncio.Future[None]] = []
        self._sent = 0
        self._lag = 0.0

    async def saturate(self, connections: int, seconds: float, total: int = 0) -> LoadSample:
        await self._connect(connections)
        began = time.perf_counter()

        def again(connection: LoadConnection) -> None:
            if (total and self._sent >= total) or time.perf_counter() - began > seconds:
                self._idle.append(connection)
            else:
                self._send(connection, time.perf_counter())

        busy, self._idle = self._idle, []
        for connection in busy:
            connection.on_answer = again
            again(connection)
        while len(self._idle) < len(busy):
            await asyncio.sleep(0.01)
        return self._sample(busy, time.perf_counter() - began)

    async def pace(self, connections: int, moments: Iterator[float]) -> LoadSample:
        await self._connect(connections)
        every = list(self._idle)
        for connection in every:
            connection.on_answer = self._free
        began = time.perf_counter()
        for due in moments:
            while (now := time.perf_counter() - began) < due:
                await asyncio.sleep(due - now)
            self._lag = max(self._lag, now - due)
            self._queue.append(time.perf_counter())
            self._drain()
        elapsed = time.perf_counter() - began
        given_up = time.perf_counter() + LONGEST_SECONDS
        while len(self._times) < self._sent + len(self._queue) and time.perf_counter() < given_up:
            await asyncio.sleep(0.01)
        return self._sample([*every, *self._idle], elapsed)

    def _free(self, connection: LoadConnection) -> None:
        self._idle.append(connection)
        self._drain()

    def _drain(self) -> None:
        while self._queue and self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                self._send(connection, self._queue.popleft())
            else:
                self._opening.append(asyncio.ensure_future(self._open_another()))

    async def _open_another(self) -> None:
        """In the place of one that the service closed before anything was asked on it."""
        await self._connect(1)
        self._idle[-1].on_answer = self._free
        self._drain()

    def _send(self, connection: LoadConnection, since: float) -> None:
        self._sent += 1
        connection.ask(next(self._next), since)

    async def _connect(self, connections: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, made = await loop.create_connection(
                lambda: LoadConnection(self._times, self._statuses), "127.0.0.1", self._port
            )
            self._idle.append(made)

    def _sample(self, connections: Sequence[LoadConnection], elapsed: float) -> LoadSample:
        for connection in connections:
            connection.close()
        lost = self._sent + len(self._queue) - len(self._times)
        failed = sum(number for status, number in self._statuses.items() if status != b"200")
        return LoadSample(np.array(self._times), elapsed, failed + lost, self._lag)


class LoadConnection(asyncio.Protocol):
    """One kept connection with at most one request on it; a service that closes it ends the run."""

    def __init__(self, times: list[float], statuses: Counter[bytes]) -> None:
        self.on_answer: Any = None
        self._times = times
        self._statuses = statuses
        self._come = bytearray()
        self._transport: asyncio.Transport | None = None
        self._since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @property
    def is_open(self) -> bool:
        """Whether the service has not closed it."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes, since: float) -> None:
        """Send a request; its time began at `since`."""
        self._since = since
        if self._transport is not None:
            self._transport.write(request)

    def close(self) -> None:
        """No more."""
        if self._transport is not None:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whatever was asked is not answered."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Tell the answer once it is whole."""
        self._come += data
        head = self._come.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._come.lower().find(b"content-length:", 0, head)
        length = int(self._come[at + 15 : self._come.index(b"\r\n", at)]) if at >= 0 else 0
        if len(self._come) < head + 4 + length:
            return
        self._times.append(time.perf_counter() - self._since)
        self._statuses[bytes(self._come[9:12])] += 1
        del self._come[:]
        self.on_answer(self)


def _even_moments(rate: float, seconds: float) -> Iterator[float]:
    """When requests come, in seconds from the start."""
    for place in range(int(rate * seconds)):
        yield place / rate


def _moments(rate: float, seconds: float) -> Iterator[float]:
    """The same as from many who know nothing of each other."""
    drawn, at = random.Random(7), 0.0
    while (at := at + drawn.expovariate(rate)) < seconds:
        yield at
