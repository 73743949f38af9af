"""The way of a request: address, key and right, body, handler in a thread, answer or problem."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import anyio
import structlog
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from core.errors import RegularsError
from core.keys import Key
from serving import openapi, prometheus
from serving.access import bearer, on_loopback
from serving.endpoint import Endpoint
from serving.endpoints import ENDPOINTS
from serving.problems import (
    Broken,
    NoModel,
    NotFound,
    NotYet,
    Problem,
    TooBusy,
    TooLarge,
    TooSlow,
    WrongMethod,
    from_validation,
)
from serving.runtime import Runtime

LARGEST_BODY: Final = 8 * 2**20
THREADS: Final = 8
MOST_WAITING: Final = 256
LONGEST_SECONDS: Final = 60.0
READING: Final = {"GET", "HEAD"}
SOON: Final = {"Retry-After": "1"}
_ENDPOINTS: Final[dict[tuple[str, str], Endpoint]] = {
    (endpoint.method, endpoint.path): endpoint for endpoint in ENDPOINTS
}
_log = structlog.get_logger(__name__)


class Answering:
    """An ASGI application over a runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.waiting = 0
        self._threads = anyio.CapacityLimiter(THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        response = await self._told(Request(scope, receive))
        await response(scope, receive, send)

    async def _told(self, request: Request) -> Response:
        try:
            return await self._route(request)
        except Problem as problem:
            return problem.response()
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:
            _log.exception("request_failed", path=request.url.path, error=type(error).__name__)
            return Broken("the service's log has the rest").response()

    async def _route(self, request: Request) -> Response:
        method, path = request.method, request.url.path
        endpoint = _ENDPOINTS.get(("GET" if method in READING else method, path))
        if endpoint is not None:
            return await self._measured(endpoint, request)
        if method in READING and path == "/metrics":
            await self._guard(request)
            content, media_type = await self._in_thread(prometheus.text)
            return Response(content, media_type=media_type)
        if method in READING and path in _PAGES:
            return _PAGES[path](self.runtime)
        raise no_such(path)

    async def _guard(self, request: Request) -> None:
        """The figures are for this machine, or for any key."""
        headers = request.scope["headers"]
        if not on_loopback(request.scope.get("client"), headers):
            await self._in_thread(self.runtime.access.check, bearer(headers), None)

    async def _measured(self, endpoint: Endpoint, request: Request) -> Response:
        started, status = time.perf_counter(), 500
        self.waiting += 1
        try:
            response = await self._answer(endpoint, request)
            status = response.status_code
            return response
        except Problem as problem:
            status = problem.status
            raise
        finally:
            self.waiting -= 1
            prometheus.tell_request(endpoint.path, status, time.perf_counter() - started)

    async def _answer(self, endpoint: Endpoint, request: Request) -> Response:
        if self.waiting > MOST_WAITING:
            raise TooBusy(f"{MOST_WAITING} requests are under way; try again", headers=SOON)
        try:
            with anyio.fail_after(LONGEST_SECONDS):
                token = bearer(request.scope["headers"])
                key = await self._in_thread(self.runtime.access.check, token, endpoint.right)
                raw = await _body(request) if endpoint.body else b""
                return JSONResponse(await self._in_thread(_handle, self.runtime, endpoint, raw, key))
        except TimeoutError:
            raise TooSlow(f"no answer within {LONGEST_SECONDS:.0f} seconds; ask for less at once") from None
        except RegularsError as error:
            raise NotYet(str(error), headers={"Retry-After": "5"}) from error

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Handlers are short but block: the event loop stays free for the others."""
        return await anyio.to_thread.run_sync(work, *arguments, limiter=self._threads, abandon_on_cancel=True)


def no_such(path: str) -> Problem:
    """404, or 405 where the address takes another method."""
    allowed = openapi.methods().get(path)
    if allowed:
        return WrongMethod(f"{path} takes {allowed}", headers={"Allow": allowed})
    return NotFound(f"the addresses are in {openapi.PATH}")


def _handle(runtime: Runtime, endpoint: Endpoint, raw: bytes, key: Key) -> dict[str, Any]:
    if endpoint.body is None:
        return endpoint.handler(runtime, None, key)
    try:
        body = endpoint.body.model_validate_json(raw)
    except ValidationError as error:
        raise from_validation(endpoint.body, error) from None
    return endpoint.handler(runtime, body, key)


async def _body(request: Request) -> bytes:
    """The body, read only as far as it may go."""
    too_large = TooLarge(f"a body has at most {LARGEST_BODY:,} bytes")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > LARGEST_BODY:
        raise too_large
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LARGEST_BODY:
            raise too_large
    return bytes(content)


def _alive(_: Runtime) -> Response:
    return JSONResponse({"status": "alive"})


def _ready(runtime: Runtime) -> Response:
    if not runtime.loaded:
        raise NotYet("the models are being loaded", headers=SOON)
    if not runtime.ready:
        todo = "train one and promote it: regulars train churn, then regulars promote churn 1"
        raise NoModel(f"there is no model to answer from; {todo}", headers=SOON)
    return JSONResponse({"status": "ready", "models": runtime.champions.versions()})


def _documents(runtime: Runtime) -> Response:
    return JSONResponse(openapi.document(runtime.workspace.settings.serving.max_ids))


_PAGES: Final[dict[str, Callable[[Runtime], Response]]] = {
    "/healthz": _alive,
    "/readyz": _ready,
    openapi.PATH: _documents,
}
