"""The way of a request: address, key and right, limit, body, handler, answer or problem."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core import logs
from core.errors import RegularsError, StoreError
from core.keys import Key
from core.repeats import LONGEST_TOKEN, RequestToken, TokenReused
from serving import docs_page, figures, openapi, prometheus, request_ids, stopwatch, strict_json, traces
from serving.access import address_of, bearer, on_loopback
from serving.bodies import Body
from serving.downloads import ByteRange, Download, span
from serving.endpoint import Endpoint, Taker
from serving.endpoints import ENDPOINTS
from serving.lanes import SOON, Lane
from serving.problems import (
    Broken,
    InvalidHeader,
    KeyReused,
    NoModel,
    NotFound,
    NotYet,
    Problem,
    StoreDown,
    TooBusy,
    TooLarge,
    TooLate,
    TooSlow,
    WrongMethod,
    from_database,
    from_validation,
    names_of,
)
from serving.runtime import Runtime
from serving.trouble_log import TroubleLog

THREADS: Final = 8
LARGE_THREADS: Final = 2
WRITING_THREADS: Final = 32
LARGE_BYTES: Final = 16_384
"""Of a longer body the answer takes its time: about a thousand ids."""
QUICK_BYTES: Final = 1_024
"""A longer body is not looked at before it has a thread."""
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
_ENDPOINTS: Final[dict[tuple[str, str], Endpoint]] = {
    (endpoint.method, endpoint.path): endpoint for endpoint in ENDPOINTS
}
_PLAIN: Final = {named for named, endpoint in _ENDPOINTS.items() if endpoint.place is None}
_PLACED: Final = [
    (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", endpoint.path)), endpoint.path)
    for endpoint in {each.path: each for each in ENDPOINTS if each.place is not None}.values()
]
"""Addresses with braces, which are looked at last."""
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
            "large": Lane("large", LARGE_THREADS),
            "writing": Lane("writing", WRITING_THREADS),
        }
        self._trouble = TroubleLog()
        runtime.tell_more = self._tell_state
        self._headers = [*GUARDED]
        if self.settings.tls_cert:
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))

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
        headers += [each for each in self._headers if each[0] not in own]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if isinstance(body, ByteRange) and scope["method"] != "HEAD":
            for piece in body.pieces():
                read = await self._lanes["large"].run(piece)
                await send({"type": "http.response.body", "body": read, "more_body": True})
        whole = isinstance(body, bytes) and scope["method"] != "HEAD"
        await send({"type": "http.response.body", "body": body if whole else b""})

    def close(self) -> None:
        """Take nothing more."""
        for lane in self._lanes.values():
            lane.close()

    async def _told(self, scope: Scope, receive: Receive) -> tuple[int, RawHeaders, Content]:
        try:
            return await self._route(scope, receive)
        except Problem as problem:
            return _plain(problem.response())
        except ClientDisconnect:
            return 499, [], b""
        except Exception as error:
            _log.error("request_failed", error=type(error).__name__, trail=logs.trail(error))
            return _plain(Broken("the service's log has the rest").response())

    async def _route(self, scope: Scope, receive: Receive) -> tuple[int, RawHeaders, Content]:
        method, path = scope["method"], scope["path"]
        named = "GET" if method in READING else method
        if (found := None if (named, path) in _PLAIN else placed(path)) is not None:
            path, scope["place"] = found
        endpoint = _ENDPOINTS.get((named, path))
        if endpoint is not None:
            return await self._measured(endpoint, scope, receive)
        if method in READING and path == "/metrics":
            if not on_loopback(scope.get("client"), scope["headers"]):  # else for any key
                await self._key(scope, None)
            accepted = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")
            content, media_type = await self._lanes["small"].run(prometheus.text, accepted)
            return 200, [(b"content-type", media_type.encode())], content
        if method in READING and path in _PAGES:
            return _plain(_PAGES[path](self))
        raise no_such(path)

    async def _measured(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> tuple[int, RawHeaders, Content]:
        started, status = time.perf_counter(), 500
        request_id = scope["request_id"]
        with traces.request_span(endpoint.path, endpoint.method, scope["headers"], request_id) as span:
            try:
                status, headers, content = await self._with_problems(endpoint, scope, receive)
                return status, headers, content
            except Problem as problem:
                status = problem.status
                self._refused(endpoint, problem)
                raise
            except ClientDisconnect:
                status = 499
                raise
            except Exception:
                prometheus.tell_refusal(endpoint.path, Broken.name)
                raise
            finally:
                seconds, trace = time.perf_counter() - started, traces.end_request(span, status)
                slow = {"request_id": request_id} if seconds > prometheus.SLOW_SECONDS else None
                prometheus.tell_request(endpoint.path, status, seconds, {"trace_id": trace} if trace else slow)
                if self.settings.log_requests:
                    _log.info("request", endpoint=endpoint.path, status=status, seconds=round(seconds, 6))

    def _refused(self, endpoint: Endpoint, problem: Problem) -> None:
        prometheus.tell_refusal(endpoint.path, problem.name)
        if problem.status >= 500:
            self._trouble.tell(endpoint.path, problem.status, problem.name)

    def _tell_state(self) -> None:
        """For Prometheus: how full it is."""
        prometheus.tell(figures.UNDER_WAY, self.waiting)
        prometheus.tell(figures.BODIES, self._reading.total())
        for name, lane in self._lanes.items():
            prometheus.tell(figures.LANE_REQUESTS, lane.inside, name)
            prometheus.tell(figures.LANE_WAIT, lane.lag if lane.inside else 0.0, name)

    async def _with_problems(
        self, endpoint: Endpoint, scope: Scope, receive: Receive
    ) -> tuple[int, RawHeaders, Content]:
        try:
            content, headers = await self._answer(endpoint, scope, receive)
            if isinstance(content, bytes):
                return 200, [JSON, *headers], content
            wanted = span(content, scope["headers"])
            return wanted.status, [*wanted.headers(), *headers], wanted
        except TimeoutError:
            seconds = self.settings.request_seconds
            raise TooSlow(f"no answer within {seconds:g} seconds; ask for less at once") from None
        except SQLAlchemyError as error:
            raise from_database(error) from error
        except StoreError as error:
            raise StoreDown(str(error), headers={"Retry-After": "5"}) from error
        except RegularsError as error:
            raise NotYet(str(error), headers={"Retry-After": "5"}) from error

    async def _answer(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> tuple[bytes | Download, RawHeaders]:
        key = await self._key(scope, endpoint.right)
        left = self.runtime.access.spend(key)
        raw = await self._body(scope, receive, key) if endpoint.body else b""
        if self.waiting >= self.settings.max_requests:
            raise TooBusy(f"{self.waiting} requests are under way; try again", headers=SOON)
        self.waiting += 1
        try:
            if endpoint.quick is not None and len(raw) <= QUICK_BYTES:
                body = _body_of(endpoint, raw)
                if endpoint.quick(self.runtime, body):
                    return _answered(self.runtime, endpoint, body, key), left
                return await self._in_lane("small", _answered, endpoint, body, key), left
            if endpoint.taker is not None:
                once = idempotency_key(scope["headers"])
                return await self._in_lane("writing", answer, endpoint, raw, key, once), left
            if endpoint.place is not None:
                asked = _of_place(endpoint.place, scope["place"])
                return await self._in_lane("writing", _placed_answer, endpoint, asked, key), left
            return await self._in_lane("large" if len(raw) > LARGE_BYTES else "small", answer, endpoint, raw, key), left
        finally:
            self.waiting -= 1

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
            if name == b"content-length" and value.isdigit() and int(value) > most:
                raise _too_large(most)
        places = self.settings.max_requests
        if self._reading.total() >= places or self._reading[key.id] >= max(1, places // READING_SHARE):
            raise TooBusy("too many bodies are on their way; try again", headers=SOON)
        self._reading[key.id] += 1
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                return await _whole(receive, most)
        except TimeoutError:
            seconds = self.settings.body_seconds
            raise TooLate(
                f"the body was not here within {seconds:g} seconds", headers={"Connection": "close"}
            ) from None
        finally:
            self._reading[key.id] -= 1
            if not self._reading[key.id]:
                del self._reading[key.id]


async def _whole(receive: Receive, most: int) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        content: bytes = message.get("body", b"")  # all of it at once, as nearly always
    else:
        pieces = bytearray()
        while True:
            if message["type"] != "http.request":
                raise ClientDisconnect
            pieces += message.get("body", b"")
            if len(pieces) > most:
                raise _too_large(most)
            if not message.get("more_body"):
                break
            message = await receive()
        content = bytes(pieces)
    if len(content) > most:
        raise _too_large(most)
    return content


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"a body has at most {most:,} bytes", headers={"Connection": "close"})


def no_such(path: str) -> Problem:
    """404, or 405 where the address takes another method."""
    found = placed(path)
    allowed = openapi.methods().get(found[0] if found else path)
    if allowed:
        return WrongMethod(f"{path} takes {allowed}", headers={"Allow": allowed})
    return NotFound(f"the addresses are in {openapi.PATH}")


def placed(path: str) -> tuple[str, dict[str, str]] | None:
    """The address with braces that a path is one of, and what stands in them."""
    for pattern, template in _PLACED:
        if match := pattern.fullmatch(path):
            return template, match.groupdict()
    return None


def _of_place(place: type[Body], values: dict[str, str]) -> Body:
    """What stands in the braces; what can't stand there leads nowhere."""
    try:
        return place.model_validate(values)
    except ValidationError as error:
        raise NotFound(from_validation(place, error).detail) from None


def _placed_answer(runtime: Runtime, endpoint: Endpoint, place: Body, key: Key) -> bytes | Any:
    assert endpoint.handler is not None
    found = endpoint.handler(runtime, place, key)
    return found if endpoint.download else strict_json.encode(found)


def answer(runtime: Runtime, endpoint: Endpoint, raw: bytes, key: Key, once: str | None = None) -> bytes:
    """The answer as JSON; `once` is the `Idempotency-Key`.

    Raises:
        Problem: the body is not as it must be, or the handler can't answer it.
    """
    return _answered(runtime, endpoint, _body_of(endpoint, raw), key, once)


def _answered(runtime: Runtime, endpoint: Endpoint, body: Body | None, key: Key, once: str | None = None) -> bytes:
    prometheus.begin_predicting()
    if endpoint.taker is not None and body is not None:
        return strict_json.encode(_taken(runtime, endpoint.taker, body, key, (endpoint.path, once)))
    assert endpoint.handler is not None
    stopwatch.start()
    with traces.span("predict"):
        return strict_json.encode(endpoint.handler(runtime, body, key))


def _body_of(endpoint: Endpoint, raw: bytes) -> Body | None:
    return None if endpoint.body is None else _read(endpoint.body, raw)


def _taken(runtime: Runtime, taker: Taker, body: Body, key: Key, named: tuple[str, str | None]) -> dict[str, Any]:
    path, once = named
    repeat = RequestToken.of(key.id, path, once, body.model_dump_json()) if once else None
    try:
        return taker(runtime, body, key, repeat)
    except TokenReused as error:
        raise KeyReused(str(error)) from None


def _read(model: type[Body], raw: bytes) -> Body:
    strict_json.refuse_loose(raw, f"an object with {names_of(model)}")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise from_validation(model, error) from None


def idempotency_key(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The header `Idempotency-Key`, or None.

    Raises:
        InvalidHeader: it can't be one, or there are two.
    """
    given = [value.decode("latin-1") for name, value in headers if name == b"idempotency-key"]
    if not given:
        return None
    if len(given) == 1 and 0 < len(given[0]) <= LONGEST_TOKEN and given[0].isascii() and given[0].isprintable():
        return given[0]
    raise InvalidHeader(f"Idempotency-Key: allowed is one of 1 to {LONGEST_TOKEN} printable ASCII characters")


def _plain(response: Response) -> tuple[int, RawHeaders, bytes]:
    headers = [each for each in response.raw_headers if each[0] != b"content-length"]
    return response.status_code, headers, bytes(response.body)


def _json(content: dict[str, Any]) -> Response:
    return Response(strict_json.encode(content), media_type="application/json")


def _alive(_: Answering) -> Response:
    return _json({"status": "alive"})


def _ready(answering: Answering) -> Response:
    runtime = answering.runtime
    if answering.draining:
        raise NotYet("this process is about to end", headers=SOON)
    if not runtime.loaded:
        raise NotYet("the models are being loaded", headers=SOON)
    if not runtime.ready:
        todo = "train one and promote it: regulars train churn, then regulars promote churn 1"
        raise NoModel(f"there is no model to answer from; {todo}", headers=SOON)
    trouble = runtime.online_store.trouble
    return _json({"status": "ready", "models": runtime.champions.versions(), "online_store": trouble or "ok"})


def _documents(answering: Answering) -> Response:
    return _json(openapi.document(answering.settings.max_ids))


def _page(answering: Answering) -> Response:
    content = docs_page.page(answering.settings.max_ids)
    return Response(content, headers={"Content-Security-Policy": docs_page.POLICY}, media_type="text/html")


_PAGES: Final[dict[str, Callable[[Answering], Response]]] = {
    "/healthz": _alive,
    "/readyz": _ready,
    openapi.PATH: _documents,
    docs_page.PATH: _page,
}
