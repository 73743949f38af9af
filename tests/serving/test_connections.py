"""What comes over a connection and is no request, too large, or too slow: refused as a problem, held by nobody."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
import uvicorn

from core import logs
from core.settings import Serving
from core.workspace import Workspace
from serving.front import Front
from serving.protocol import GuardedProtocol
from serving.trouble_log import TroubleLog
from tests.serving.conftest import Shop, as_application, open_shop
from tests.support.injection import NASTY

BODY = b'{"customer_ids": []}'
WRONG = b"DELETE /v1/models HTTP/1.1"


class Server(uvicorn.Server):
    """The service's own protocol and application on a port, in a thread of this process."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(uvicorn.Config(as_application(shop.answering), http=GuardedProtocol, log_config=None))
        self.shop = shop
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=lambda: self.run([self.listener]))

    def __enter__(self) -> Server:
        self.thread.start()
        while not self.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self.should_exit = True
        self.thread.join()

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(10)
        return connection

    def ask(self, content: bytes) -> bytes:
        """What comes back until the other side closes."""
        with closing(self.connect()) as connection:
            try:
                connection.sendall(content)
            except (BrokenPipeError, ConnectionResetError):
                return b""
            return rest(connection)

    def head(self, *headers: str, length: int = len(BODY), path: str = "/v1/customers") -> bytes:
        lines = [f"POST {path} HTTP/1.1", f"Authorization: Bearer {self.shop.token}", f"Content-Length: {length}"]
        return "\r\n".join([*lines, *headers, "", ""]).encode()


def rest(connection: socket.socket) -> bytes:
    content = b""
    try:
        while piece := connection.recv(65536):
            content += piece
    except ConnectionResetError:
        pass
    return content


LIMITS = {
    "HEADER_SECONDS": "0.3",
    "BODY_SECONDS": "0.3",
    "MAX_REQUESTS": "8",
    "MAX_CONNECTIONS": "40",
    "MAX_HEADER_BYTES": "4000",
}


@pytest.fixture
def server(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name, value in LIMITS.items():
        monkeypatch.setenv(f"REGULARS_SERVING__{name}", value)
    workspace = Workspace.open(small_shop.root)
    monkeypatch.setattr(GuardedProtocol, "limits", workspace.settings.serving)
    for shop in open_shop(workspace):
        with Server(shop) as listening:
            yield listening


def refused(answer: bytes, status: int, name: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert b"application/problem+json" in head
    assert b"connection: close" in head.lower()
    assert f"urn:regulars:problem:{name}".encode() in body


def test_a_request_is_answered_and_the_connection_kept(server: Server) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
        answers = [client.get("/healthz") for _ in range(3)]
    assert [answer.json() for answer in answers] == [{"status": "alive"}] * 3
    assert answers[0].headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "content",
    [
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n",
        b"POST /v1/churn HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /v1/churn HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
    ],
)
@pytest.mark.fault("connections", "what is no HTTP; two lengths, two hosts, folded headers", "refused (400)")
def test_what_is_no_request_is_refused(server: Server, content: bytes) -> None:
    refused(server.ask(content), 400, "bad-request")


@pytest.mark.parametrize(
    "line", [b"FOO /v1/models HTTP/1.1", b"foo-bar /v1%2Fmodels?a=b HTTP/1.0", b"get /v1/models HTTP/1.1"]
)
@pytest.mark.fault("connections", "a method that nobody knows", "refused (405) with the methods that the address takes")
def test_an_unknown_method_is_answered_as_a_known_one_that_is_wrong(server: Server, line: bytes) -> None:
    answer, known = (server.ask(b"%b\r\nHost: a\r\nConnection: close\r\n\r\n" % each) for each in (line, WRONG))
    for told in (answer, known):
        refused(told, 405, "method-not-allowed")
        assert b"\r\nallow: GET, HEAD\r\n" in told.lower().replace(b"get, head", b"GET, HEAD")
    assert answer.partition(b"\r\n\r\n")[2] == known.partition(b"\r\n\r\n")[2]


def test_an_unknown_method_leads_nowhere_where_nothing_is(server: Server) -> None:
    refused(server.ask(b"FOO /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"), 404, "not-found")


@pytest.fixture
def uvicorn_says() -> Iterator[logging.Logger]:
    """Uvicorn's own words are heard, whatever level the tests before left it with."""
    logger = logging.getLogger("uvicorn.error")
    level = logger.level
    logger.setLevel(logging.INFO)
    yield logger
    logger.setLevel(level)


@pytest.mark.fault(
    "connections", "what is no HTTP, a thousand times", "a line of the log every ten seconds, with the count of all"
)
def test_what_is_no_request_is_told_once_in_a_while(
    server: Server,
    uvicorn_says: logging.Logger,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(GuardedProtocol, "trouble", TroubleLog("connection_refused"))
    logs.configure()
    assert uvicorn_says.isEnabledFor(logging.WARNING)
    for content in (b"nonsense\r\n\r\n", b"GET /healthz HTTP/1.1\r\n\r\n"):
        for _ in range(5):
            refused(server.ask(content), 400, "bad-request")
    (line,) = capfd.readouterr().err.splitlines()
    said = json.loads(line)
    assert said.items() >= {"event": "connection_refused", "reason": "bad-request", "address": "127.0.0.1"}.items()


def test_a_body_that_breaks_off_into_nonsense_is_refused(server: Server) -> None:
    head = server.head("Host: a", "Transfer-Encoding: chunked").replace(b"Content-Length: 20\r\n", b"")
    refused(server.ask(head + b"zz\r\n"), 400, "bad-request")
    assert soon_nobody_reads(server)


def test_what_came_whole_before_nonsense_is_answered(server: Server) -> None:
    answer = server.ask(server.head("Host: a") + BODY + b"nonsense\r\n\r\n" + server.head("Host: a") + BODY)
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200"]


@pytest.mark.fault("connections", "another protocol asked for (WebSocket, HTTP/2)", "answered in HTTP/1.1, as others")
@pytest.mark.parametrize("wanted", ["websocket", "h2c"])
@pytest.mark.parametrize("size", [7, 10_000])
def test_whoever_asks_for_another_protocol_is_answered_in_this_one(
    server: Server, wanted: str, size: int, capfd: pytest.CaptureFixture[str]
) -> None:
    upgrade = ("Host: a", "Connection: Upgrade, HTTP2-Settings", f"Upgrade: {wanted}")
    told = server.head(*upgrade) + BODY
    in_chunks = server.head(*upgrade, "Transfer-Encoding: chunked").replace(b"Content-Length: 20\r\n", b"")
    in_chunks += b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    nothing = b"GET /healthz HTTP/1.1\r\n" + "\r\n".join(upgrade).encode() + b"\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    content = told + in_chunks + nothing + told + last
    with closing(server.connect()) as connection:
        for start in range(0, len(content), size):
            connection.sendall(content[start : start + size])
        answer = rest(connection)
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200"] * 5
    assert capfd.readouterr().err == ""


def test_http_1_0_needs_no_host(server: Server) -> None:
    assert server.ask(b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 OK")


def test_many_headers_and_long_ones_are_refused(server: Server) -> None:
    refused(server.ask(server.head("Host: a", *["X: y"] * 200)), 431, "head-too-large")
    refused(server.ask(server.head("Host: a", "X: " + "y" * 5_000)), 431, "head-too-large")
    refused(server.ask(b"GET /" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"), 431, "head-too-large")


def test_a_header_without_end_is_not_read_to_its_end(server: Server) -> None:
    sent = 0
    with closing(server.connect()) as connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ")
        while sent < 5_000_000:
            connection.sendall(b"y" * 10_000)
            sent += 10_000
            time.sleep(0.001)
    assert sent < 4_000_000


@pytest.mark.fault("connections", "slow-loris: headers that do not come", "closed after `serving.header_seconds`")
def test_heads_that_do_not_come_are_not_waited_for(server: Server) -> None:
    slow = [server.connect() for _ in range(20)]
    for connection in slow:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    silent = [server.connect() for _ in range(5)]
    for connection in slow:
        refused(rest(connection), 408, "too-late")
    assert [rest(connection) for connection in silent] == [b""] * 5
    for connection in slow + silent:
        connection.close()


def test_the_second_head_of_a_connection_is_not_waited_for_either(server: Server) -> None:
    with closing(server.connect()) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /hea")
        answer = rest(connection)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 408") == 1


@pytest.mark.fault("connections", "slow bodies of one key", "others are answered")
def test_slow_bodies_of_one_key_keep_nobody_out(server: Server) -> None:
    slow = [server.connect() for _ in range(8)]
    for connection in slow:
        connection.sendall(server.head("Host: a") + b"{")
    time.sleep(0.1)
    other = server.shop.keys.create("other", ["customers"])
    url = f"http://127.0.0.1:{server.port}/v1/customers"
    assert httpx.post(url, content=BODY, headers={"Authorization": f"Bearer {other}"}).status_code == 200
    answers = [rest(connection)[:12] for connection in slow]
    assert answers.count(b"HTTP/1.1 408") == 2  # a quarter of eight places
    assert answers.count(b"HTTP/1.1 429") == 6
    for connection in slow:
        connection.close()


@pytest.mark.fault("connections", "a body of 100 MB", "refused (413) unread")
def test_a_body_that_says_that_it_is_too_large_is_not_read(server: Server) -> None:
    refused(server.ask(server.head("Host: a", length=100_000_000)), 413, "too-large")


@pytest.mark.fault("injection", "the same over a real connection", "refused (400, 431), or answered without it")
@pytest.mark.parametrize("nasty", [value for value in NASTY.values() if b"\r\n" not in value])
def test_nothing_over_the_wire_is_answered_back_as_a_header(server: Server, nasty: bytes) -> None:
    """A whole line end is two headers, however it came there: that is for who puts the client's words in."""
    for name in ("X-Request-Id", "Idempotency-Key", "Origin", "Range", "Host"):
        wanted = [b"GET /healthz HTTP/1.1", *([b"Host: a"] if name != "Host" else []), b"Connection: close"]
        answer = server.ask(b"\r\n".join([*wanted, name.encode() + b": " + nasty, b"", b""]))
        is_plain(answer, {200, 400, 431})
    for path in (b"/v1/" + nasty, b"/v1/jobs/" + nasty):
        is_plain(
            server.ask(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), {400, 401, 404, 431}
        )


def is_plain(answer: bytes, statuses: set[int]) -> None:
    head = answer.partition(b"\r\n\r\n")[0]
    assert int(head[9:12]) in statuses, answer
    assert b"stolen" not in head
    assert b"\n" not in head.replace(b"\r\n", b"")


@pytest.mark.fault("connections", "pipelining", "answered, in order")
def test_requests_sent_at_once_are_answered_in_their_order(server: Server) -> None:
    one = server.head("Host: a") + BODY
    answer = server.ask(one * 5 + b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200"] * 5 + [b"404"]


@pytest.mark.fault("connections", "a request cut in the middle", "leaves nothing behind")
def test_a_request_cut_in_the_middle_leaves_nothing(server: Server) -> None:
    for _ in range(20):
        with closing(server.connect()) as connection:
            connection.sendall(server.head("Host: a") + b"{")
    assert soon_nobody_reads(server)
    assert server.shop.answering.waiting == 0


def soon_nobody_reads(server: Server) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and (server.shop.answering._reading or server.server_state.connections):
        time.sleep(0.01)
    return not server.shop.answering._reading


@pytest.mark.fault("connections", "more connections than there may be", "503 with Retry-After")
def test_more_connections_than_there_may_be_are_told_so(server: Server) -> None:
    held = [server.connect() for _ in range(45)]
    answers = [rest(connection) for connection in held]
    refused(answers[-1], 503, "too-many-connections")
    assert answers[0] == b""
    for connection in held:
        connection.close()


def test_no_request_leaves_a_timer_or_anything_else_behind(server: Server) -> None:
    def alive() -> int:
        gc.collect()
        return sum(isinstance(each, asyncio.TimerHandle) and not each._cancelled for each in gc.get_objects())

    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
        client.get("/healthz")
        before = alive()
        headers = {"Authorization": f"Bearer {server.shop.token}"}
        for _ in range(50):
            client.get("/healthz")
            assert client.post("/v1/customers", content=BODY, headers=headers).status_code == 200
        assert alive() <= before + 3


def test_bentos_worker_takes_this_protocol_and_its_application_sees_no_request(
    bare: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    import serving.service  # noqa: F401 - what a worker imports

    config = uvicorn.Config(as_application(bare.answering), log_config=None)
    config.load()
    assert config.http_protocol_class is GuardedProtocol
    monkeypatch.setattr(Front, "application", bare.answering)
    made = GuardedProtocol(config, uvicorn.server.ServerState(), {}, asyncio.new_event_loop())
    assert made.app is bare.answering


def test_what_is_not_set_has_its_default() -> None:
    assert GuardedProtocol.limits == Serving()
