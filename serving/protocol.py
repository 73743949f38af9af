"""The connection itself: what uvicorn's HTTP protocol leaves open is closed here.

uvicorn reads heads of any size and number of headers, waits for them for ever, and asks for no `Host`. BentoML starts
a timer for each request that it never cancels, and a span whether or not anybody traces: a request goes straight to
what answers (`serving.front`), and BentoML's application has the start and end of the process only.
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPMethod
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from core.settings import Serving
from serving.access import address_of
from serving.addresses import no_such
from serving.front import Front
from serving.problems import BadHead, HeadTooLarge, Problem, TooLate, TooManyConnections
from serving.trouble_log import TroubleLog

if TYPE_CHECKING:
    from serving.at_once import AtOnce
    from serving.endpoint import Endpoint

LAST_HEAD_SECONDS: Final = 1.0
BODY_SECONDS: Final = 0.05
"""A small body mostly comes with its head, or right after it; one that does not is waited for in the ordinary way."""
BODY_LENGTH: Final = {b"content-length", b"transfer-encoding"}
KNOWN_METHODS: Final = frozenset(HTTPMethod)
NO_REQUEST: Final = "this is no HTTP/1.1 request"
_REQUEST_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~\w-]+) (/[!-~]*) HTTP/1\.[01]\r?\n", re.ASCII)
PIECE: Final = 2**18
"""No read brings more bytes at once: by so much a head that is not whole yet may be over its limit."""


class GuardedProtocol(HttpToolsProtocol):
    """One connection. Refusals are problems, and close it."""

    limits: ClassVar[Serving] = Serving()
    draining: ClassVar[bool] = False
    """Whether the process is about to end: each answer then asks its client for another connection."""
    at_once: ClassVar[AtOnce | None] = None
    """What answers small requests without the way that others go; None: nothing does."""
    trouble: ClassVar[TroubleLog] = TroubleLog("connection_refused")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if Front.application is not None:
            self.app = Front.application
        self._head_timer: asyncio.TimerHandle | None = None
        self._come = 0
        self._head = 0
        self._is_open = False
        self._is_answered = False
        self._refusal: Problem | None = None
        self._is_refused = False
        self._leaves_body = False
        """Whether the parser leaves the body of this request unread."""
        self._is_told_length = False
        self._endpoint: Endpoint | None = None
        self._body = b""
        self._body_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head so long and no longer."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.max_connections:
            most = self.limits.max_connections
            self._refuse(TooManyConnections(f"{most:,} connections are open; try again", headers={"Retry-After": "1"}))
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._head_is_here()
        self._endpoint = None
        self._body_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a head that goes on and on is refused before it is whole."""
        if self.transport.is_closing() or self._is_refused:
            return
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except httptools.HttpParserInvalidMethodError:
            self._refuse(_of_unknown_method(data))
            return
        except httptools.HttpParserError:
            self._refuse(self._refusal or BadHead(NO_REQUEST))
            return
        if self._is_open and self._head_timer is None:
            self._expect_head()
        if self._endpoint is not None and self._body_timer is None:
            self._body_timer = self.loop.call_later(BODY_SECONDS, self._go_the_ordinary_way)
        if self._head_timer is not None:  # the parser keeps a header back until it is whole
            self._come += len(data)
            if self._come > self.limits.max_header_bytes + PIECE:
                self._refuse(self._too_large())

    def _parse(self, data: bytes) -> None:
        """Whoever asks for another protocol is answered in this one, for which the parser stops and has to be told so.

        It leaves the body to the other protocol, too; Java's client asks for HTTP/2 with each first POST. So another
        parser reads on, which is told how long the body is and nothing else.
        """
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as stopped:
                data = data[stopped.args[0] :]
                if self._leaves_body:
                    self._read_body_with_another_parser()
            else:
                return

    def _read_body_with_another_parser(self) -> None:
        length = [b"%s: %s\r\n" % header for header in self.headers if header[0] in BODY_LENGTH]
        self.parser = httptools.HttpRequestParser(self)
        self._is_told_length, self._leaves_body = True, False
        self.parser.feed_data(b"".join([b"POST / HTTP/1.1\r\n", *length, b"\r\n"]))
        self._is_told_length = False

    def _should_upgrade_to_ws(self) -> bool:
        """No address speaks WebSocket."""
        return False

    def on_message_begin(self) -> None:
        """A head begins, the first of the connection or a later one."""
        if self._is_told_length:
            return
        super().on_message_begin()
        self._head = 0
        self._is_open = True

    def on_url(self, url: bytes) -> None:
        """Count the address."""
        if self._is_told_length:
            return
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        if self._is_told_length:
            return
        super().on_header(name, value)
        self._count(len(name) + len(value))
        if len(self.headers) > self.limits.max_headers:
            self._stop(HeadTooLarge(f"a request has at most {self.limits.max_headers} headers"))

    def on_headers_complete(self) -> None:
        """Start the request; HTTP/1.1 needs exactly one Host."""
        if self._is_told_length:
            return
        self._head_is_here()
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            self._stop(BadHead("a request has exactly one Host header (RFC 9112, 3.2)"))
        self._leaves_body = self.parser.should_upgrade() and any(
            name in BODY_LENGTH and value != b"0" for name, value in self.headers
        )
        if self._is_alone() and self.at_once is not None:
            self._endpoint = self.at_once.takes(self.parser.get_method(), self.url, self.headers)
            if self._endpoint is not None:
                self._body = b""
                return
        self._begin()

    def on_body(self, body: bytes) -> None:
        """Keep a small one together."""
        if self._endpoint is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        """Answer a small request at once."""
        if self._leaves_body:
            return
        endpoint, self._endpoint = self._endpoint, None
        self._body_is_here()
        if endpoint is None:
            super().on_message_complete()
            return
        assert self.at_once is not None
        told = self.at_once.answer(endpoint, self.headers, self._body, self.server_state.default_headers)
        if told is None:
            self._begin()
            super().on_body(self._body)
            super().on_message_complete()
            return
        self.transport.write(told)
        self._is_answered = True
        self._unset_keepalive_if_required()  # of an answer before, where requests came together
        self.server_state.total_requests += 1
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _is_alone(self) -> bool:
        """Whether nothing is under way on this connection, and nothing is to be done after the answer."""
        cycle: object = self.cycle  # None before the first request, which uvicorn's annotation leaves out
        free = (cycle is None or self.cycle.response_complete) and not self.flow.write_paused
        return free and not self.draining and self.parser.should_keep_alive() and not self.transport.is_closing()

    def _begin(self) -> None:
        """Start a request in the ordinary way."""
        super().on_headers_complete()
        if self.draining:
            self.cycle.keep_alive = False

    def _go_the_ordinary_way(self) -> None:
        """With a body that is not whole yet."""
        self._endpoint = None
        self._body_timer = None
        self._begin()
        if self._body:
            super().on_body(self._body)

    def _body_is_here(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None

    def shutdown(self) -> None:
        """The process ends: who connected a moment ago and is about to send its request is waited for."""
        current: object = self.cycle
        if self._endpoint is not None:
            self._go_the_ordinary_way()
            self.cycle.keep_alive = False
        elif current is not None or self._is_answered:
            super().shutdown()
        elif self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = self.loop.call_later(LAST_HEAD_SECONDS, self._head_is_late)

    def _stop(self, problem: Problem) -> None:
        """Out of a callback there is no other way than an error; `data_received` tells it."""
        self._refusal = problem
        raise httptools.HttpParserCallbackError(problem.detail)

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > self.limits.max_header_bytes:
            self._stop(self._too_large())

    def _too_large(self) -> Problem:
        return HeadTooLarge(f"address and headers have at most {self.limits.max_header_bytes:,} bytes together")

    def _expect_head(self) -> None:
        self._come = 0
        self._head_timer = self.loop.call_later(self.limits.header_seconds, self._head_is_late)

    def _head_is_here(self) -> None:
        self._is_open = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._come:
            self._refuse(TooLate(f"the head was not whole within {self.limits.header_seconds:g} seconds"))
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        """Answer with the problem and close. Requests that came whole before are answered first, and nothing after."""
        self._head_is_here()
        if self.transport.is_closing():
            return
        self.trouble.tell("", problem.status, problem.name, address=address_of(self.client))
        self._is_refused = True
        if self._is_asked():
            self.cycle.keep_alive = False
            return
        if not self._is_answering():
            response = problem.response()
            head = [STATUS_LINE[response.status_code], b"connection: close\r\n"]
            head += [name + b": " + value + b"\r\n" for name, value in response.raw_headers]
            self.transport.write(b"".join([*head, b"\r\n", response.body]))
            if self.cycle is not None:
                self.cycle.disconnected = True  # whoever reads its body has nothing to add
        self.transport.close()

    def _is_asked(self) -> bool:
        """Whether a whole request is here that is not answered yet."""
        current: object = self.cycle
        return current is not None and not self.cycle.response_complete and not self.cycle.more_body

    def _is_answering(self) -> bool:
        """Whether a part of an answer has gone out, or those of others come before."""
        current: object = self.cycle
        under_way = current is not None and not self.cycle.response_complete
        return under_way and (self.cycle.response_started or bool(self.pipeline))


def _of_unknown_method(data: bytes) -> Problem:
    """Any word may be a method (RFC 9110, 9.1), and no address takes one that the parser does not know: it stops there,
    and says no more of the request.
    """
    for line in _REQUEST_LINE.finditer(data):  # whole requests may have come before it
        if line[1].decode("ascii") not in KNOWN_METHODS:
            return no_such(unquote(line[2].partition(b"?")[0].decode("ascii")))
    return BadHead(NO_REQUEST)
