"""Nothing that a browser sends the review desk ends as a header, a cookie, a file's name or a way off the desk."""

import pytest
from starlette.testclient import TestClient

from core import logs
from core.keys import KeyStore
from monitoring.desk import app
from monitoring.desk.sessions import COOKIE
from tests.monitoring.test_desk import HOME, csrf, sign_in
from tests.support.injection import NASTY, ask

HEADERS = (
    b"host", b"origin", b"referer", b"cookie", b"accept-language", b"accept", b"content-type", b"content-length",
    b"user-agent", b"range",
)  # fmt: skip
HOST = (b"host", b"127.0.0.1:3001")


@pytest.fixture
def signed_in(shop):
    """The desk, and the cookie of a reviewer."""
    logs.configure()
    built = app.build(shop)
    client = TestClient(built, base_url=HOME)
    sign_in(client, KeyStore(shop).create("maria", ["review"]))
    return built, (b"cookie", f"{COOKIE}={client.cookies[COOKIE]}".encode()), client


@pytest.mark.fault(
    "injection", "the same in any header of a request to the review desk, with a cookie or without",
    "no header and no cookie is of the browser's making",
)  # fmt: skip
@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
def test_no_header_of_a_browser_makes_one_of_the_desk(signed_in, nasty):
    built, cookie, _ = signed_in
    for method, path in [("GET", "/"), ("GET", "/signin"), ("POST", "/signin"), ("POST", "/signout"), ("GET", "/x")]:
        for name in HEADERS:
            for value in (nasty, b"//" + nasty, b"[" + nasty, COOKIE.encode() + b"=" + nasty, nasty + b"." + nasty):
                given = [*([] if name == b"host" else [HOST]), *([] if name == b"cookie" else [cookie])]
                assert ask(built, method, path, [*given, (name, value)]).is_clean(), (method, path, name, value[:40])


@pytest.mark.fault(
    "injection", "the same in an address of the review desk, a table's name, where to go back to, or a form",
    "no header is of its making; a file is named by letters and digits; no redirect leads off the desk",
)  # fmt: skip
@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
def test_no_address_of_the_desk_makes_a_header_a_name_or_a_way_out(signed_in, nasty):
    built, cookie, client = signed_in
    text = nasty.decode("utf-8", "replace")  # as uvicorn reads an address
    quoted = "".join(f"%{byte:02x}" for byte in nasty[:2_000]).encode()
    for path in (
        f"/{text}",
        f"/models/{text}",
        f"/models/churn/versions/{text}",
        f"/language/{text}",
        f"/search/{text}",
    ):
        assert ask(built, "GET", path, [HOST, cookie]).is_clean(), path[:60]
    for query in (nasty[:2_000], quoted):
        for path in ("/", "/search", "/models/churn", "/audit"):
            for name in (b"csv", b"q", b"since"):
                told = ask(built, "GET", path, [HOST, cookie], query=name + b"=" + query)
                assert told.is_clean(), (path, name)
                assert dict(told.headers).get(b"content-disposition", b"attachment").startswith(b"attachment")
        for back in (query, b"/" + query, b"//" + query, b"https://evil.example/" + query, b"/%5c" + query):
            told = ask(built, "GET", "/language/en", [HOST, cookie], query=b"back=" + back)
            if not query.isascii():
                assert told.status == 400
                continue
            headers = dict(told.headers)
            assert (told.status, headers[b"location"][:1], headers[b"location"][1:2] == b"/") == (303, b"/", False)
            assert not any(byte < 33 or byte > 126 for byte in headers[b"location"])
    page = client.get("/models/churn/versions/1")
    form = {"csrf": csrf(page), "state": text[:500], "verdict": text[:500], "reason": "looks fair"}
    for changed in ("csrf", "state", "verdict", "reason"):
        sent = {**form, changed: text[:2_000]}
        answer = client.post("/models/churn/versions/1", data=sent, follow_redirects=False)
        assert answer.status_code < 500
        assert "stolen" not in str(answer.headers)
