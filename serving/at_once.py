"""Small requests, answered in the very callback that brought them: no task, no thread, no ASGI between.

What a request for one customer costs beside its prediction is mostly the way to it. Whatever is not plain (a body that
comes late, a key that is not in memory, a limit, an error in the body, a trace) is left to the ordinary way
(`serving.http`) before anything of it was counted. The answers are the same.
"""

from __future__ import annotations

import time
from contextvars import copy_context
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from core.keys import Key
from serving import request_ids, traces
from serving.access import bearer
from serving.bodies import Body
from serving.body_reading import body_of
from serving.endpoint import QUICK_BYTES, Endpoint
from serving.endpoints import ENDPOINTS
from serving.problems import Problem

if TYPE_CHECKING:
    from serving.http import Answering, RawHeaders, Told

_BY_ADDRESS: Final[dict[tuple[bytes, bytes], Endpoint]] = {
    (endpoint.method.encode(), endpoint.path.encode()): endpoint
    for endpoint in ENDPOINTS
    if endpoint.body is not None and endpoint.handler is not None and endpoint.place is None
}
_TELLING: Final = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"origin"))
"""A request that is taken has the first of them alone: a page of another origin is answered behind what CORS says. Whom
a proxy speaks for matters to wrong keys only."""


class AtOnce:
    """Answers as `answering` does. `takes` says of which requests the body may be waited for, `answer` answers them."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._runtime = answering.runtime
        self._server: RawHeaders = []
        self._head = b""

    def takes(self, method: bytes, url: bytes, headers: RawHeaders) -> Endpoint | None:
        """The endpoint that is asked; None: the request goes the ordinary way."""
        endpoint = _BY_ADDRESS.get((method, url))
        if endpoint is None or traces.Traces.tracer is not None:
            return None
        told = [(name, value) for name, value in headers if name in _TELLING]
        if len(told) != 1 or told[0][0] != b"content-length" or not told[0][1].isdigit():
            return None
        return endpoint if int(told[0][1]) <= QUICK_BYTES else None

    def answer(self, endpoint: Endpoint, headers: RawHeaders, raw: bytes, server: RawHeaders) -> bytes | None:
        """The whole answer as it goes over the wire; None: the ordinary way. `server` are uvicorn's own headers."""
        started = time.perf_counter()
        access, answering = self._runtime.access, self._answering
        key = access.remembered(bearer(headers))
        if key is None or not key.allows(endpoint.right) or not access.has_left(key):
            return None
        if answering.waiting >= answering.settings.max_requests:
            return None
        try:
            body = body_of(endpoint, raw)
        except Problem:
            return None
        if body is None or endpoint.lane(self._runtime, len(raw), body) != "loop":
            return None
        request_id = request_ids.of_request(headers)
        told = copy_context().run(self._told, endpoint, body, key, request_id, started)
        return self._written(told, request_id, server)

    def _told(self, endpoint: Endpoint, body: Body, key: Key, request_id: str, started: float) -> Told:
        request_ids.bind(request_id)
        return self._answering.at_once(endpoint, body, key, request_id, started)

    def _written(self, told: Told, request_id: str, server: RawHeaders) -> bytes:
        status, headers, content = told
        if self._server is not server:  # made anew each second, for the date in it
            self._server = server
            self._head = _lines([*server, *self._answering.headers])
        size, named = str(len(content)).encode(), request_id.encode()  # type: ignore[arg-type]
        own = [*headers, (b"content-length", size), (request_ids.HEADER, named)]
        return b"".join((STATUS_LINE[status], self._head, _lines(own), b"\r\n", content))  # type: ignore[arg-type]


def _lines(headers: RawHeaders) -> bytes:
    return b"".join([b"%b: %b\r\n" % each for each in headers])
