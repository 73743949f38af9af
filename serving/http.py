"""The way of a request: address, key and right, limit, body, handler, answer or problem."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core import logs
from core.errors import RegularsError, StoreError
from core.keys import Key
from serving import figures, prometheus, request_ids, traces
from serving.access import address_of, bearer, on_loopback
from serving.addresses import BY_ADDRESS, PLAIN, no_such, of_place, placed
from serving.bodies import Body
from serving.body_reading import body_of, idempotency_key, too_large, whole
from serving.downloads import ByteRange, Download, span
from serving.endpoint import QUICK_BYTES, Endpoint
from serving.handling import answer, answered, answered_place
from serving.lanes import SOON, Lane
from serving.problems import Broken, NotYet, Problem, StoreDown, TooBusy, TooLate, TooSlow, from_database
from serving.runtime import Runtime
from serving.service_pages import PAGES
from serving.trouble_log import TroubleLog

THREADS: Final = 8
LARGE_THREADS: Final = 2
WRITING_THREADS: Final = 32
WARMING_SECONDS: Final = 5.0
MOST_DIGITS: Final = 18
READING_SHARE: Final = 4
"""One key has at most this part of the places for bodies that are still on their way."""
READING: Final = {"GET", "HEAD"}
RawHeaders = list[tuple[bytes, bytes]]
JSON: Final = (b"content-type", b"application/json")
GUARDED: Final[RawHeaders] = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
]
"""On every answer that is no page: browsers read nothing into it, and nobody keeps it."""
Content = bytes | ByteRange
Told = tuple[int, RawHeaders, Content]
_log = structlog.get_logger(__name__)


class Answering:
    """An ASGI application over a runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.settings = runtime.workspace.settings.serving
        self.waiting = 0
        self.draining = False
        """Whether the process is about to end: `/readyz` says so first."""
        self._reading: Counter[str] = Counter()
        self._lanes = {
            "small": Lane("small", THREADS),
            "alone": Lane("alone", 1),
            "large": Lane("large", LARGE_THREADS),
            "writing": Lane("writing", WRITING_THREADS),
            "figures": Lane("figures", 1),  # who watches is answered also where all others wait
        }
        self.loop: asyncio.AbstractEventLoop | None = None
        """On which it answers, where that is known before the first request."""
        self._trouble = TroubleLog()
        runtime.tell_more = self._tell_state
        self.headers = [*GUARDED]
        """On every answer that has none of the same name."""
        if self.settings.tls_cert:
            self.headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        request_id = scope["request_id"] = request_ids.of_request(scope["headers"])
        request_ids.bind(request_id)
        status, headers, body = await self._told(scope, receive)
        size = len(body) if isinstance(body, bytes) else body.stop - body.start
        headers.append((b"content-length", str(size).encode()))
        headers.append((request_ids.HEADER, request_id.encode()))
        own = {name for name, _ in headers}
        headers += [each for each in self.headers if each[0] not in own]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if isinstance(body, ByteRange) and scope["method"] != "HEAD":
            for piece in body.pieces():
                read = await self._lanes["large"].run(piece)
                await send({"type": "http.response.body", "body": read, "more_body": True})
        is_sent = isinstance(body, bytes) and scope["method"] != "HEAD"
        await send({"type": "http.response.body", "body": body if is_sent else b""})

    def at_once(self, endpoint: Endpoint, body: Body, key: Key, request_id: str, started: float) -> Told:
        """The same of a request that was read (`serving.at_once`), and whose handler runs on the loop."""
        status = 500
        self.waiting += 1
        try:
            left = self.runtime.access.spend(key)
            content = answered(self.runtime, endpoint, body, key)
            status = 200
            return status, [JSON, *left], content
        except Exception as error:
            problem = self._refused(endpoint, error)
            status = problem.status
            return _plain(problem.response())
        finally:
            self.waiting -= 1
            self._tell_request(endpoint, status, started, request_id)

    def in_every_thread(self, work: Callable[[], object]) -> None:
        """Run the work once in each thread that reads the store for an answer, before anybody is answered."""
        for name in ("alone", "small", "large"):
            self._lanes[name].in_every_thread(work, WARMING_SECONDS)
        if self.loop is not None and self.runtime.features.is_local:
            done: Future[object] = Future()
            self.loop.call_soon_threadsafe(lambda: done.set_result(work()))
            wait([done], WARMING_SECONDS)

    def close(self) -> None:
        """Take nothing more."""
        for lane in self._lanes.values():
            lane.close()

    async def _told(self, scope: Scope, receive: Receive) -> Told:
        try:
            return await self._route(scope, receive)
        except Problem as problem:
            return _plain(problem.response())
        except ClientDisconnect:
            return 499, [], b""
        except Exception as error:
            return _plain(self._problem(error).response())

    async def _route(self, scope: Scope, receive: Receive) -> Told:
        method, path = scope["method"], scope["path"]
        named = "GET" if method in READING else method
        if (found := None if (named, path) in PLAIN else placed(path)) is not None:
            path, scope["place"] = found
        endpoint = BY_ADDRESS.get((named, path))
        if endpoint is not None:
            return await self._measured(endpoint, scope, receive)
        if method in READING and path == "/metrics":
            if not on_loopback(scope.get("client"), scope["headers"]):  # else for any key
                await self._key(scope, None)
            accepted = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")
            content, media_type = await self._lanes["figures"].run(prometheus.text, accepted)
            return 200, [(b"content-type", media_type.encode())], content
        if method in READING and path in PAGES:
            return _plain(PAGES[path](self))
        raise no_such(path)

    async def _measured(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> Told:
        started, status = time.perf_counter(), 500
        request_id = scope["request_id"]
        with traces.request_span(endpoint.path, endpoint.method, scope["headers"], request_id) as request_span:
            try:
                content, headers = await self._answer(endpoint, scope, receive)
                status, more, sent = _sent(content, scope)
                return status, [*more, *headers], sent
            except ClientDisconnect:
                status = 499
                raise
            except Exception as error:
                problem = self._refused(endpoint, error)
                status = problem.status
                return _plain(problem.response())
            finally:
                self._tell_request(endpoint, status, started, request_id, traces.end_request(request_span, status))

    def _tell_request(
        self, endpoint: Endpoint, status: int, started: float, request_id: str, trace: str | None = None
    ) -> None:
        seconds = time.perf_counter() - started
        slow = {"request_id": request_id} if seconds > prometheus.SLOW_SECONDS else None
        prometheus.tell_request(endpoint.path, status, seconds, {"trace_id": trace} if trace else slow)
        if self.settings.log_requests:
            _log.info("request", endpoint=endpoint.path, status=status, seconds=round(seconds, 6))

    def _refused(self, endpoint: Endpoint, error: Exception) -> Problem:
        """What to say of an error, counted."""
        problem = self._problem(error)
        prometheus.tell_refusal(endpoint.path, problem.name)
        if problem.status >= 500 and not isinstance(problem, Broken):  # which has a line of its own
            self._trouble.tell(endpoint.path, problem.status, problem.name)
        return problem

    def _problem(self, error: Exception) -> Problem:
        """The problem that an error is; one that nobody knows is our fault, and the log has the rest."""
        if isinstance(error, Problem):
            return error
        if isinstance(error, TimeoutError):
            return TooSlow(f"no answer within {self.settings.request_seconds:g} seconds; ask for less at once")
        if isinstance(error, StoreError):
            return StoreDown(str(error), headers={"Retry-After": "5"})
        if isinstance(error, RegularsError):
            return NotYet(str(error), headers={"Retry-After": "5"})
        if isinstance(error, SQLAlchemyError) and (problem := from_database(error)) is not None:
            return problem
        _log.error("request_failed", error=type(error).__name__, trail=logs.trail(error))
        return Broken("the service's log has the rest")

    def _tell_state(self) -> None:
        """For Prometheus: how full it is."""
        prometheus.tell(figures.UNDER_WAY, self.waiting)
        prometheus.tell(figures.BODIES, self._reading.total())
        for name, lane in self._lanes.items():
            prometheus.tell(figures.LANE_REQUESTS, lane.inside, name)
            prometheus.tell(figures.LANE_WAIT, lane.lag if lane.inside else 0.0, name)

    async def _answer(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> tuple[bytes | Download, RawHeaders]:
        key = await self._key(scope, endpoint.right)
        left = self.runtime.access.spend(key)
        raw = await self._body(scope, receive, key) if endpoint.body else b""
        if self.waiting >= self.settings.max_requests:
            raise TooBusy(f"{self.waiting} requests are under way; try again", headers=SOON)
        self.waiting += 1
        try:
            return await self._handled(endpoint, scope, raw, key), left
        finally:
            self.waiting -= 1

    async def _handled(self, endpoint: Endpoint, scope: Scope, raw: bytes, key: Key) -> bytes | Download:
        """What the endpoint's handler says, where its lane says."""
        if endpoint.place is not None:
            asked = of_place(endpoint.place, scope["place"])
            return await self._in_lane(endpoint.lane(self.runtime, 0, asked), answered_place, endpoint, asked, key)
        if endpoint.taker is not None:
            once = idempotency_key(scope["headers"])
            return await self._in_lane(endpoint.lane(self.runtime, len(raw), None), answer, endpoint, raw, key, once)
        body = body_of(endpoint, raw) if len(raw) <= QUICK_BYTES else None
        lane = endpoint.lane(self.runtime, len(raw), body)
        if lane == "loop":
            return answered(self.runtime, endpoint, body, key)
        if body is not None:
            return await self._in_lane(lane, answered, endpoint, body, key)
        return await self._in_lane(lane, answer, endpoint, raw, key)

    async def _in_lane(self, lane: str, work: Callable[..., bytes], *asked: Any) -> bytes:
        """What the work returns in a thread, if it does within the time that a request may take."""
        async with asyncio.timeout(self.settings.request_seconds):
            return await self._lanes[lane].run(work, self.runtime, *asked)  # type: ignore[no-any-return]

    async def _key(self, scope: Scope, right: str | None) -> Key:
        """From memory where it is there; a token that is not may need the database."""
        token, access = bearer(scope["headers"]), self.runtime.access
        address = address_of(scope.get("client"))
        if access.remembered(token) is not None or not access.would_look(token, address):
            return access.check(token, right, address)
        return await self._lanes["small"].run(access.check, token, right, address)  # type: ignore[no-any-return]

    async def _body(self, scope: Scope, receive: Receive, key: Key) -> bytes:
        """The body, read only as far as it may go, and waited for only so long.

        Who is slow takes a place among those on their way, not among the requests under way.
        """
        most = self.settings.max_body_bytes
        for name, value in scope["headers"]:
            # Python makes no number of thousands of digits.
            if name == b"content-length" and value.isdigit() and (len(value) > MOST_DIGITS or int(value) > most):
                raise too_large(most)
        places = self.settings.max_requests
        if self._reading.total() >= places or self._reading[key.id] >= max(1, places // READING_SHARE):
            raise TooBusy("too many bodies are on their way; try again", headers=SOON)
        self._reading[key.id] += 1
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                return await whole(receive, most)
        except TimeoutError:
            seconds = self.settings.body_seconds
            raise TooLate(
                f"the body was not here within {seconds:g} seconds", headers={"Connection": "close"}
            ) from None
        finally:
            self._reading[key.id] -= 1
            if not self._reading[key.id]:
                del self._reading[key.id]


def _sent(content: bytes | Download, scope: Scope) -> Told:
    if isinstance(content, bytes):
        return 200, [JSON], content
    wanted = span(content, scope["headers"])
    return wanted.status, wanted.headers(), wanted


def _plain(response: Response) -> tuple[int, RawHeaders, bytes]:
    headers = [each for each in response.raw_headers if each[0] != b"content-length"]
    return response.status_code, headers, bytes(response.body)
