"""Nothing that a client sends ends as a header, a cookie or a line of the log of its own making."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from core import logs
from core.keys import RIGHTS, KeyStore
from core.workspace import Workspace
from serving.downloads import Download, span
from serving.endpoints.jobs import MEDIA_TYPES
from serving.front import Front
from serving.protocol import GuardedProtocol
from tests.support.injection import NASTY, Answer, ask

HEADERS = (
    b"x-request-id", b"idempotency-key", b"authorization", b"traceparent", b"tracestate", b"range", b"if-range",
    b"accept", b"accept-encoding", b"origin", b"host", b"cookie", b"x-forwarded-for", b"x-forwarded-proto",
    b"forwarded", b"content-type", b"content-length", b"access-control-request-method",
    b"access-control-request-headers",
)  # fmt: skip
ADDRESSES = [
    ("GET", "/v1/models"), ("GET", "/v1/jobs"), ("GET", "/metrics"), ("GET", "/docs"), ("GET", "/nowhere"),
    ("OPTIONS", "/v1/churn"), ("POST", "/v1/churn"), ("POST", "/v1/feedback"), ("DELETE", "/v1/jobs/0"),
]  # fmt: skip


class Asked:
    """The service behind all that its settings can put before it, with a line of the log for each request."""

    def __init__(self, workspace: Workspace) -> None:
        token = KeyStore(workspace).create("front", RIGHTS)
        self.key = (b"authorization", f"Bearer {token}".encode())
        Front.open(workspace)
        logs.configure(20)

    def ask(self, method: str, path: str, *headers: tuple[bytes, bytes], **more: Any) -> Answer:
        named = {name for name, _ in headers}
        own = [] if b"authorization" in named else [self.key]
        assert Front.application is not None
        return ask(Front.application, method, path, [*own, *headers], **more)


@pytest.fixture
def asked(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    settings = {"CORS_ORIGINS": '["https://shop.example"]', "TRUSTED_PROXIES": '["127.0.0.1"]', "LOG_REQUESTS": "true"}
    for name, value in settings.items():
        monkeypatch.setenv(f"REGULARS_SERVING__{name}", value)
    monkeypatch.setattr(GuardedProtocol, "limits", GuardedProtocol.limits)  # back to what they were
    yield Asked(Workspace.open(small_shop.root))
    Front.close()


def lines(told: str) -> list[dict[str, Any]]:
    """Of the log: each is one object."""
    return [json.loads(line) for line in told.splitlines() if line.strip()]


@pytest.mark.fault(
    "injection", "line ends, quotes, no latin-1, 30,000 bytes in any header of a request",
    "no header and no line of the log is of the client's making",
)  # fmt: skip
@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
def test_no_header_of_a_request_makes_one_of_the_answer(
    asked: Asked, nasty: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    for method, path in ADDRESSES:
        for name in HEADERS:
            for value in (nasty, b"Bearer " + nasty, b"bytes=" + nasty, b"bytes=0-" + nasty):
                assert asked.ask(method, path, (name, value)).is_clean(), (method, path, name)
    told = lines(capfd.readouterr().err)
    assert told
    assert not any(str(nasty)[2:20] in str(line.get("request_id")) for line in told)


@pytest.mark.fault(
    "injection", "the same in an address, its query or a body", "no header and no line of the log is of its making"
)
@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
def test_nothing_of_an_address_or_a_body_is_a_header(
    asked: Asked, nasty: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    text = nasty.decode("utf-8", "replace")  # as uvicorn reads an address
    for path in (f"/{text}", f"/v1/{text}", f"/v1/jobs/{text}", f"/v1/jobs/{text}/file", f"/v1/churn/{text}"):
        for method in ("GET", "POST", "DELETE"):
            assert asked.ask(method, path).is_clean(), (method, path)
    assert asked.ask("GET", "/v1/models", query=nasty).is_clean()
    plain = nasty.decode("latin-1")
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/v1/churn", {"customer_ids": [plain]}),
        ("/v1/churn", {plain: 1}),
        ("/v1/recommendations", {"customer_id": plain, "context": {"session_id": plain}}),
        ("/v1/events", {"events": [{"customer_id": plain, "kind": "view", "text": plain, "order_id": plain}]}),
        ("/v1/feedback", {"prediction_id": plain, "outcome": {plain: plain}}),
        ("/v1/jobs", {"model": plain, "as_of": plain}),
    ]
    for path, body in bodies:
        assert asked.ask("POST", path, body=json.dumps(body).encode()).is_clean(), path
        assert asked.ask("POST", path, body=b'{"customer_ids": ["' + nasty + b'"]}').is_clean(), path
    for line in lines(capfd.readouterr().err):
        assert "stolen" not in json.dumps(line), "customers' data is no part of the log"


@pytest.mark.fault("injection", "a range of 30,000 digits asked of a download", "the whole file, with its own name")
@pytest.mark.parametrize("nasty", [*NASTY.values(), b"9" * 5_000 + b"-", b"-" + b"9" * 5_000, b"0-" + b"9" * 5_000])
def test_a_download_has_the_name_that_the_service_gave_it(nasty: bytes) -> None:
    file = Download("churn-2017-12-01.csv", MEDIA_TYPES["csv"], 100, "0" * 64, lambda _: b"")
    asked = span(file, [(b"range", b"bytes=" + nasty), (b"if-range", nasty)])
    found = span(file, [(b"range", b"bytes=" + nasty)])
    assert asked.is_whole
    for told in (asked, found):
        assert Answer(told.status, told.headers(), b"").is_clean()
        assert dict(told.headers())[b"content-disposition"] == b'attachment; filename="churn-2017-12-01.csv"'
