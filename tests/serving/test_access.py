"""Who may ask: 401 without a valid key, 403 without the right; three addresses are open."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from core import utc
from core.kept_keys import KeptKeys
from core.keys import KeyStore
from core.settings import Settings
from core.workspace import Workspace
from serving import access as access_module
from serving.access import STALE_SECONDS, Access, Bucket, address_of, bearer, on_loopback
from serving.endpoint import Endpoint
from serving.endpoints import ENDPOINTS
from serving.problems import NoKey, NotYet
from tests.serving.conftest import Shop, open_shop
from tests.support.shop import empty_workspace


def call(shop: Shop, endpoint: Endpoint, token: str | None) -> Any:
    if endpoint.method != "POST":
        return shop.client.request(endpoint.method, endpoint.path, headers=shop.headers(token))
    return shop.post(endpoint.path, endpoint.example, token)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_without_a_valid_key_every_endpoint_gives_the_same_401(bare: Shop, endpoint: Endpoint) -> None:
    revoked = bare.keys.create("revoked", ["admin"])
    bare.keys.revoke("revoked")
    answers = [call(bare, endpoint, token) for token in (None, "nonsense", bare.token[:-1] + "~", revoked)]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    of_each = {"x-request-id"}
    assert len({tuple(sorted((k, v) for k, v in a.headers.items() if k not in of_each)) for a in answers}) == 1
    assert answers[0].headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_a_key_without_the_right_is_forbidden(bare: Shop, endpoint: Endpoint) -> None:
    answer = call(bare, endpoint, bare.keys.create("reviewer", ["review"]))
    assert answer.status_code == 403
    assert endpoint.right in answer.json()["detail"]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_the_very_right_suffices(bare: Shop, endpoint: Endpoint) -> None:
    rights = (
        [endpoint.right, "customers"] if endpoint.path == "/v1/jobs" else [endpoint.right]
    )  # its example names them
    assert call(bare, endpoint, bare.keys.create("one", rights)).status_code not in {401, 403}


def test_the_key_is_checked_before_the_body(bare: Shop) -> None:
    assert bare.post("/v1/churn", content=b"{", token=None).status_code == 401
    assert bare.post("/v1/churn", content=b"{", token=bare.keys.create("r", ["review"])).status_code == 403


@pytest.mark.fault("keys", "a key revoked", "refused (401) within two seconds")
def test_a_revocation_counts_once_the_keys_are_read_again(bare: Shop) -> None:
    token = bare.keys.create("crm", ["customers"])
    body = {"customer_ids": []}
    assert bare.post("/v1/customers", body, token).status_code == 200
    bare.keys.revoke("crm")
    bare.runtime.access.refresh()  # as a thread does every second
    assert bare.post("/v1/customers", body, token).status_code == 401


def test_open_addresses_need_no_key(bare: Shop) -> None:
    assert bare.get("/healthz", None).json() == {"status": "alive"}
    assert bare.get("/docs.json", None).status_code == 200
    assert bare.get("/readyz", None).status_code == 503


def test_figures_are_for_loopback_or_any_key(bare: Shop) -> None:
    assert bare.get("/metrics", None).status_code == 401
    bare.get("/v1/models")
    figures = bare.get("/metrics", bare.keys.create("grafana", ["review"])).text
    assert 'regulars_requests_total{endpoint="/v1/models",status="200"}' in figures
    assert on_loopback(("127.0.0.1", 1), [])
    assert on_loopback(("::1", 1), [])
    assert not on_loopback(("192.168.0.9", 1), [])
    assert not on_loopback(("127.0.0.1", 1), [(b"X-Forwarded-For", b"203.0.113.7")])
    assert not on_loopback(None, [])


def test_addresses_that_are_not_there_leave_no_trace_in_the_figures(bare: Shop) -> None:
    bare.get("/no/such/address")
    assert "/no/such" not in bare.get("/metrics").text


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer x", "x"), ("bearer  x ", "x"), ("Basic x", None), ("Bearer", None), ("x", None), ("", None)],
)
def test_the_token_is_what_follows_bearer(header: str, token: str | None) -> None:
    assert bearer([(b"Authorization", header.encode())]) == token


@pytest.mark.fault("keys", "the database away", "known keys open from memory")
def test_keys_open_from_memory_while_the_database_is_down(bare: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    access = bare.runtime.access
    access.check(bare.token, "predict")

    def down() -> None:
        raise OperationalError("select", {}, Exception("down"))

    monkeypatch.setattr(access._keys, "tokens", down)
    assert access.check(bare.token, "predict").name == "test"
    with pytest.raises(NoKey):
        access.check("never seen", "predict")
    access._read_at -= STALE_SECONDS
    with pytest.raises(NoKey):
        access.check(bare.token, "predict")


@pytest.mark.fault("keys", "the database hangs, and keys are asked for that nobody has", "no thread waits for it long")
def test_while_the_database_is_silent_nobody_stands_in_line_to_ask_it(
    bare: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, silent = bare.runtime.access, threading.Event()
    access.refresh()

    def hang() -> None:
        silent.wait(60)
        raise OperationalError("select", {}, Exception("down"))

    monkeypatch.setattr(access._keys, "tokens", hang)
    monkeypatch.setattr(access_module, "LOOK_SECONDS", 0.01)

    def ask() -> None:
        with pytest.raises(NoKey):
            access.check("wrong", "predict")

    first = threading.Thread(target=ask)
    first.start()
    while not access._reading.locked():
        time.sleep(0.01)
    for number in range(20):
        assert bare.get("/v1/models", f"wrong {number}").status_code == 401
    assert first.is_alive()
    silent.set()
    first.join()
    assert not access.would_look("another", "")
    assert bare.get("/v1/models").status_code == 200


@pytest.mark.fault("keys", "the database away at a start", "keys that were kept on disk open, a day at most")
def test_a_start_without_the_database_opens_to_the_keys_that_were_kept(
    bare: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_server = Workspace(
        bare.workspace.root, Settings.model_validate({"stores": {"database": "postgresql://elsewhere/shop"}})
    )
    kept, ended = KeptKeys(on_a_server), bare.keys.create("ended", ["predict"])
    kept.keep(bare.keys.tokens())
    assert (bare.workspace.secrets_dir / "keys.json").stat().st_mode & 0o077 == 0
    bare.keys.revoke("ended")
    kept.keep(bare.keys.tokens())

    def down() -> None:
        raise OperationalError("select", {}, Exception("down"))

    monkeypatch.setattr(bare.keys, "tokens", down)
    started = Access(bare.keys, bare.workspace.settings.serving, KeptKeys(on_a_server))
    with pytest.raises(OperationalError):
        started.refresh()
    assert started.check(bare.token, "predict") == bare.runtime.access.check(bare.token, "predict")
    with pytest.raises(NoKey):
        started.check(ended, "predict")
    os.utime(bare.workspace.secrets_dir / "keys.json", (0, 0))
    late = Access(bare.keys, bare.workspace.settings.serving, KeptKeys(on_a_server))
    with pytest.raises(NoKey):
        late.check(bare.token, "predict")


@pytest.mark.fault("keys", "a key expired", "refused (401) from that moment")
def test_a_key_opens_until_it_expires(bare: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    now = utc.now()
    token = bare.keys.create("for a day", ["predict"], expires=now + timedelta(days=1))
    assert bare.get("/v1/models", token).status_code == 200
    monkeypatch.setattr(utc, "now", lambda: now + timedelta(days=1))
    assert bare.get("/v1/models", token).status_code == 401
    bare.runtime.access.refresh()
    assert bare.get("/v1/models", token).status_code == 401
    assert bare.get("/v1/models").status_code == 200


@pytest.mark.fault(
    "keys",
    "a token replayed: revoked, rotated away twice or after its overlap, of another shop",
    "refused (401), also after a start",
)
def test_a_token_opens_nothing_once_its_time_is_over(
    bare: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, keys = utc.now(), bare.keys
    revoked, first = keys.create("revoked", ["predict"]), keys.create("rotated", ["predict"])
    keys.revoke("revoked")
    second = keys.rotate("rotated", timedelta(days=7))
    third = keys.rotate("rotated", timedelta(days=7))
    strange = KeyStore(empty_workspace(tmp_path / "elsewhere")).create("elsewhere", ["predict"])
    again = Access(KeyStore(bare.workspace), bare.workspace.settings.serving)
    again.refresh()
    for access in (bare.runtime.access, again):
        access.refresh()
        for token in (revoked, first, strange):
            with pytest.raises(NoKey):
                access.check(token, "predict")
        assert access.check(second, "predict") == access.check(third, "predict")
    monkeypatch.setattr(utc, "now", lambda: now + timedelta(days=8))
    for access in (bare.runtime.access, again):
        with pytest.raises(NoKey):
            access.check(second, "predict")
        assert access.check(third, "predict").name == "rotated"


@pytest.mark.fault("keys", "a request before the keys were read for the first time", "503 with Retry-After, not 401")
def test_nobody_is_told_that_a_key_is_none_before_keys_were_read(bare: Shop) -> None:
    """A worker that has just started, its database away or another request reading them at this moment."""
    access = bare.runtime.access
    access._known, access._read_at = {}, float("-inf")
    access.looks = Bucket(rate=0.001, size=1, left=0, at=time.monotonic())
    with pytest.raises(NotYet):
        access.check(bare.token, "predict", "10.0.0.1")
    with pytest.raises(NoKey):
        access.check(None, "predict", "10.0.0.1")
    assert access._guessers == {}
    access.refresh()
    assert access.check(bare.token, "predict").name == "test"


def test_a_request_with_a_known_key_asks_no_database(bare: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    bare.get("/v1/models")
    monkeypatch.setattr(bare.runtime.access._keys, "tokens", lambda: pytest.fail("asked"))
    assert bare.post("/v1/customers", {"customer_ids": []}).status_code == 200


def test_a_new_key_opens_at_once_also_after_a_wrong_one(bare: Shop) -> None:
    assert bare.get("/v1/models", "rgl_0_wrong").status_code == 401
    assert bare.get("/v1/models", bare.keys.create("till", ["predict"])).status_code == 200


def test_tokens_that_nobody_has_are_looked_for_so_often_and_then_seldom(
    bare: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, asked = bare.runtime.access, []
    access.refresh()
    access.looks = Bucket(rate=0.001, size=3, left=3, at=time.monotonic())
    monkeypatch.setattr(access, "_read", lambda: asked.append(1))
    for number in range(10):
        assert bare.get("/v1/models", f"wrong {number}").status_code == 401
    assert len(asked) == 3


def test_a_rotated_key_has_two_tokens_for_a_while(bare: Shop) -> None:
    first = bare.keys.create("crm", ["predict"])
    second = bare.keys.rotate("crm", timedelta(days=7))
    assert [bare.get("/v1/models", token).status_code for token in (first, second)] == [200, 200]
    third = bare.keys.rotate("crm", timedelta(0))
    bare.runtime.access.refresh()
    assert [bare.get("/v1/models", token).status_code for token in (first, second, third)] == [401, 401, 200]


@pytest.fixture
def small_limits(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    for name, value in {"LOCK_OUT_AFTER": "3", "KEY_PER_SECOND": "2", "KEY_BURST_SECONDS": "2"}.items():
        monkeypatch.setenv(f"REGULARS_SERVING__{name}", value)
    yield from open_shop(Workspace.open(small_shop.root))


@pytest.mark.fault("keys", "keys guessed", "the address is locked out (429); a valid key opens still")
def test_who_guesses_is_locked_out_and_a_valid_key_from_there_is_not(
    small_limits: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [small_limits.get("/v1/models", f"guess {number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429, 429]
    assert answers[-1].json()["type"] == "urn:regulars:problem:locked-out"
    assert int(answers[-1].headers["retry-after"]) <= 60
    assert small_limits.get("/v1/models").status_code == 200
    assert small_limits.get("/v1/models", None).status_code == 401


def test_a_key_asks_as_often_as_it_may_and_is_told_what_is_left(small_limits: Shop) -> None:
    answers = [small_limits.get("/v1/models") for _ in range(6)]
    assert [answer.status_code for answer in answers[:4]] == [200] * 4
    assert answers[0].headers["ratelimit-limit"] == "4"
    assert answers[0].headers["ratelimit-remaining"] == "3"
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused[0].json()["type"] == "urn:regulars:problem:over-limit"
    assert refused[0].headers["retry-after"] == "1"
    own = small_limits.keys.create("quick", ["predict"], per_second=100.0)
    assert small_limits.get("/v1/models", own).headers["ratelimit-limit"] == "200"


@given(st.lists(st.floats(0, 10), max_size=60), st.floats(0.1, 50), st.floats(1, 100))
def test_a_bucket_never_lets_more_through_than_its_size_and_rate(gaps: list[float], rate: float, size: float) -> None:
    bucket, now, passed = Bucket(rate, size, size, 0.0), 0.0, 0
    for gap in gaps:
        now += gap
        passed += bucket.take(now) == 0.0
    assert passed <= size + rate * now + 1e-6


def test_who_is_held_responsible_for_a_request() -> None:
    assert address_of(("203.0.113.7", 1)) == "203.0.113.7"
    assert address_of(("2001:db8::1", 1)) == address_of(("2001:db8::ffff:2", 1)) == "2001:db8::/64"
    assert address_of(None) == ""
