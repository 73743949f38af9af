"""Whatever is wrong with a request, the answer is a problem that names the field and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from core.workspace import Workspace
from serving.endpoints import ENDPOINTS
from tests.serving.conftest import Shop, open_shop

BODIES: list[tuple[str, Any, str, str]] = [
    ("/v1/churn", {"customer_ids": ["a"], "explian": True}, "explian", "explain"),
    ("/v1/churn", {"custmer_ids": ["a"]}, "custmer_ids", "customer_ids"),
    ("/v1/churn", {}, "customer_ids", "10,000"),
    ("/v1/churn", {"customer_ids": "a"}, "customer_ids", "string"),
    ("/v1/churn", {"customer_ids": [7]}, "customer_ids[0]", "string"),
    ("/v1/churn", {"customer_ids": [""]}, "customer_ids[0]", "1 to 256"),
    ("/v1/churn", {"customer_ids": ["a"] * 10_001}, "customer_ids", "10,000"),
    ("/v1/churn", {"customer_ids": ["a"], "explain": "yes"}, "explain", "true or false"),
    ("/v1/churn", {"customer_ids": ["a"] * 501, "explain": True}, "explain", "at most 500 customers"),
    ("/v1/churn", ["a"], "", "customer_ids"),
    ("/v1/churn", None, "", "customer_ids"),
    ("/v1/recommendations", {"customer_id": "a", "k": 0}, "k", "1 to 1000"),
    ("/v1/recommendations", {"customer_id": "a", "k": 1001}, "k", "1 to 1000"),
    ("/v1/recommendations", {"customer_id": "a", "k": 2.5}, "k", "1 to 1000"),
    ("/v1/recommendations", {"customer_id": "a", "k": True}, "k", "1 to 1000"),
    ("/v1/recommendations", {"customer_id": "a", "mode": "nwe"}, "mode", "'new'"),
    ("/v1/similar", {"product_id": 7}, "product_id", "string"),
    ("/v1/bundles", {"product_id": "003", "k": 1001}, "k", "1 to 1000"),
    ("/v1/bundles", {"product_ids": ["003"]}, "product_ids", "product_id"),
    ("/v1/audience", {"product_id": "003", "size": 0}, "size", "1 to 10000"),
    ("/v1/customers", {"customer_ids": {"a": 1}}, "customer_ids", "string"),
    ("/v1/demand", {"series": [{"category": "a"}] * 10_001}, "series", "at most 10,000"),
    ("/v1/demand", {"series": [], "scenario": {"price": 0}}, "scenario.price", "above 0"),
    ("/v1/demand", {"series": [], "scenario": {"price": -2.5}}, "scenario.price", "above 0"),
    ("/v1/demand", {"series": [], "scenario": {"price_change": -1}}, "scenario.price_change", "above -1"),
    ("/v1/demand", {"series": [], "scenario": {"promotion": "dispaly"}}, "scenario.promotion", "'display'"),
    ("/v1/demand", {"series": [], "scenario": {"promotion": 1}}, "scenario.promotion", "true, false"),
    ("/v1/demand", {"series": [], "scenario": {"prize": 2}}, "scenario.prize", "price_change"),
    ("/v1/demand", {"series": [], "scenario": {}}, "scenario", "a price or a price_change"),
    ("/v1/demand", {"series": [], "scenario": {"price": 2, "price_change": 0.1}}, "scenario", "price_change"),
    ("/v1/events", {"events": []}, "events", "1 to 10,000"),
    ("/v1/events", {"events": [{"customer_id": "a", "kind": "veiw"}]}, "events[0].kind", "view"),
    ("/v1/events", {"events": [{"customer_id": "a", "kind": "view", "value": "1"}]}, "events[0].value", "number"),
    ("/v1/events", {"events": [{"customer_id": "a", "kind": "view", "quantity": 1e308}]},
     "events[0].quantity", "1,000,000"),
    ("/v1/events", {"events": [{"customer_id": "a", "kind": "view", "value": -1e308}]},
     "events[0].value", "1,000,000,000"),
    ("/v1/events", {"events": [{"customer_id": "a", "kind": "view", "occurred_at": "2024-01-01"}]},
     "events[0].occurred_at", "zone"),
    ("/v1/events", {"events": [{"customer_id": "a", "kind": "view", "occurred_at": "2099-01-01T00:00:00Z"}]},
     "events[0].occurred_at", "present"),
    ("/v1/events", {"events": [{"customer_id": "a", "kind": "view", "occurred_at": "0001-01-01T00:00:00+10:00"}]},
     "events[0].occurred_at", "present"),
    ("/v1/events", {"events": [{"customer_id": "a", "kind": "view", "occurred_at": "9999-12-31T23:59:59-10:00"}]},
     "events[0].occurred_at", "present"),
    ("/v1/jobs", {"model": "churn", "k": 5}, "k", "of recommendation"),
    ("/v1/jobs", {"model": "demand", "mode": "new"}, "mode", "of recommendation"),
    ("/v1/jobs", {"model": "churn", "level": "region"}, "level", "of demand"),
    ("/v1/jobs", {"model": "churn", "as_of": "2024-02-30"}, "as_of", "YYYY-MM-DD"),
    ("/v1/feedback", {"prediction_id": "x", "outcome": {"a": 1}}, "prediction_id", "32 hexadecimal"),
    ("/v1/feedback", {"prediction_id": "0" * 32, "outcome": {}}, "outcome", "at least one"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "field", "allowed"), BODIES)
def test_a_bad_body_is_refused_with_its_field_and_what_is_allowed(
    bare: Shop, path: str, body: Any, field: str, allowed: str
) -> None:
    answer = bare.post(path, body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    (first, *_) = answer.json()["errors"]
    assert first["field"] == field
    assert allowed in first["allowed"]


NO_JSON: list[tuple[bytes, str]] = [
    (b"", "not valid JSON"),
    (b"{", "not valid JSON"),
    (b"\xff\xfe", "not valid UTF-8 (byte 0)"),
    ('{"customer_ids": []}'.encode("utf-16"), "not valid UTF-8"),
    (b'{"customer_ids": ["\\ud800"]}', ""),
    (b"[" * 50_000, "nested too deeply"),
    (b'{"customer_ids":' * 50_000, "nested too deeply"),
    (b"NaN", "NaN is no number"),
    (b'{"customer_ids": [], "explain": -Infinity}', "-Infinity is no number"),
    (b'{"customer_ids": [], "customer_ids": ["a"]}', "customer_ids: is there more than once"),
    (b'{"customer_ids": [' + b"1," * 200_000 + b"1]}", "more than 200,000 values"),
    (b"{" + b",".join(b'"a%d":1' % number for number in range(6_000)) + b"}", "has 6,000 fields"),
    (b'{"customer_ids": [' + b"9" * 5_000 + b"]}", "value has 5000 digits)"),
]


@pytest.mark.parametrize(("content", "says"), NO_JSON, ids=[says or "surrogate" for _, says in NO_JSON])
@pytest.mark.fault(
    "bodies", "deeply nested or duplicate-keyed JSON, NaN, invalid UTF-8", "refused (400) with what is wrong"
)
def test_what_is_no_json_or_can_be_read_in_two_ways_is_refused(bare: Shop, content: bytes, says: str) -> None:
    answer = bare.post("/v1/churn", content=content)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:regulars:problem:invalid-body")
    assert says in answer.json()["detail"]


def test_of_a_long_list_the_first_wrong_entry_is_told_and_no_other_looked_at(bare: Shop) -> None:
    events = [{"customer_id": 1}, *[{f"odd{number}": 1 for number in range(19)}] * 5_000]
    told = bare.post("/v1/events", {"events": events}).json()["errors"]
    assert {error["field"].partition(".")[0] for error in told} == {"events[0]"}


def test_the_nearest_name_is_offered(bare: Shop) -> None:
    errors = bare.post("/v1/recommendations", {"customer_id": "a", "mode": "nwe", "excluded": []}).json()["errors"]
    assert {error["field"]: error.get("did_you_mean") for error in errors} == {"mode": "new", "excluded": "exclude"}


def test_fewer_ids_may_be_allowed_and_the_document_says_so(
    small_shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_SERVING__MAX_IDS", "3")
    for shop in open_shop(Workspace.open(small_shop.root)):
        answer = shop.post("/v1/customers", {"customer_ids": ["a", "b", "c", "d"]})
        assert (answer.status_code, answer.json()["errors"][0]["allowed"]) == (400, "at most 3")
        schema = shop.get("/docs.json").json()["components"]["schemas"]["CustomersBody"]
        assert schema["properties"]["customer_ids"]["maxItems"] == 3


def test_a_body_that_is_too_large_is_not_read(bare: Shop) -> None:
    answer = bare.post("/v1/churn", content=b" " * (bare.workspace.settings.serving.max_body_bytes + 1))
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/churn/", "/v2/churn", "/livez", "/schema.json", "/static_content/x"])
def test_other_addresses_are_not_there(bare: Shop, path: str) -> None:
    answer = bare.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_another_method_is_refused_with_those_that_are_taken(bare: Shop, endpoint: Any) -> None:
    answer = bare.client.request("PATCH", endpoint.path)
    assert answer.status_code == 405
    assert endpoint.method in answer.headers["allow"]


def test_an_address_with_the_document_s_braces_is_one_like_others(bare: Shop) -> None:
    assert bare.get("/v1/jobs/{job_id}").status_code == 404
