"""Who may ask: 401 without a valid key, 403 without the right; three addresses are open."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from serving.access import STALE_SECONDS, bearer, on_loopback
from serving.endpoint import Endpoint
from serving.endpoints import ENDPOINTS
from serving.problems import NoKey
from tests.serving.conftest import Shop


def call(shop: Shop, endpoint: Endpoint, token: str | None) -> Any:
    if endpoint.method == "GET":
        return shop.get(endpoint.path, token)
    return shop.post(endpoint.path, endpoint.example, token)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_without_a_valid_key_every_endpoint_gives_the_same_401(bare: Shop, endpoint: Endpoint) -> None:
    revoked = bare.keys.create("revoked", ["admin"])
    bare.keys.revoke("revoked")
    answers = [call(bare, endpoint, token) for token in (None, "nonsense", bare.token[:-1] + "~", revoked)]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert answers[0].headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_a_key_without_the_right_is_forbidden(bare: Shop, endpoint: Endpoint) -> None:
    answer = call(bare, endpoint, bare.keys.create("reviewer", ["review"]))
    assert answer.status_code == 403
    assert endpoint.right in answer.json()["detail"]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_the_very_right_suffices(bare: Shop, endpoint: Endpoint) -> None:
    assert call(bare, endpoint, bare.keys.create("one", [endpoint.right])).status_code not in {401, 403}


def test_the_key_is_checked_before_the_body(bare: Shop) -> None:
    assert bare.post("/v1/churn", content=b"{", token=None).status_code == 401
    assert bare.post("/v1/churn", content=b"{", token=bare.keys.create("r", ["review"])).status_code == 403


def test_a_revocation_counts_at_once(bare: Shop) -> None:
    token = bare.keys.create("crm", ["customers"])
    body = {"customer_ids": []}
    assert bare.post("/v1/customers", body, token).status_code == 200
    bare.keys.revoke("crm")
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


def test_known_keys_open_for_a_while_when_the_database_is_down(bare: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    access = bare.runtime.access
    access.check(bare.token, "predict")

    def down(_token: str) -> None:
        raise OperationalError("select", {}, Exception("down"))

    monkeypatch.setattr(access._keys, "find", down)
    assert access.check(bare.token, "predict").name == "test"
    with pytest.raises(NoKey):
        access.check("never seen", "predict")
    key, at = access._seen[bare.token]
    access._seen[bare.token] = key, at - STALE_SECONDS
    with pytest.raises(NoKey):
        access.check(bare.token, "predict")
