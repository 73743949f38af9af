"""Whoever calls the last release can go on: what would break a caller is found, and none of it is in the document.

`data/openapi-released.json` is the document of the last release, as `/docs.json` gives it. A release puts its own
there.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving import openapi
from tests.support.contract import breaks

RELEASED = json.loads((Path(__file__).parent / "data" / "openapi-released.json").read_text())
NOW = openapi.document()
AGREED = {
    "answers 408 now": "such requests were waited for without end",
    "answers 431 now": "such requests had no limit, or were cut without a word",
    "answers 422 now": "only with an Idempotency-Key, which callers of the release did not send",
    "answers 507 now": "it was a 500",
    "200.variant: may be anything now": "an experiment names its arms; the names of before mean the same",
    "200.results[].forecast[].mean: may be null now": "it was 0 of a series that nobody knows",
    "200.results[].fallback: may be 'no_features' now": "it was population, which is another thing, or an error",
}
"""Breaks that were decided for, by how they end, with the reason why callers live with them."""

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> dict[str, Any]:
    document = copy.deepcopy(NOW)
    change(document)
    return document


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def field(document: dict[str, Any], name: str, of: str) -> dict[str, Any]:
    found: dict[str, Any] = schema(document, name)["properties"][of]
    return found


def churn(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/v1/churn"]["post"]
    return found


def test_nothing_breaks_a_caller_of_the_last_release() -> None:
    assert [each for each in breaks(RELEASED, NOW) if not each.endswith(tuple(AGREED))] == []


def test_what_was_agreed_on_is_there() -> None:
    found = breaks(RELEASED, NOW)
    assert [end for end in AGREED if not any(each.endswith(end) for each in found)] == []


BREAKING: dict[str, Change] = {
    "POST /v1/churn: is gone": lambda d: d["paths"].pop("/v1/churn"),
    "GET /v1/models: is gone": lambda d: d["paths"]["/v1/models"].pop("get"),
    "its operationId was post_churn, is post_leaving": lambda d: churn(d).update(operationId="post_leaving"),
    "the right it needs was predict, is admin": lambda d: churn(d).update({openapi.RIGHT: "admin"}),
    "GET /healthz: needs a key now": lambda d: d["paths"]["/healthz"]["get"].update(security=[{"key": []}]),
    "the parameter Idempotency-Key is gone": lambda d: d["paths"]["/v1/events"]["post"].pop("parameters"),
    "the parameter Idempotency-Key is needed now": lambda d: d["paths"]["/v1/events"]["post"]["parameters"][0].update(
        required=True
    ),
    "the parameter X-Shop is needed now": lambda d: churn(d).update(
        parameters=[{"name": "X-Shop", "in": "header", "required": True, "schema": {"type": "string"}}]
    ),
    "Idempotency-Key: maxLength was 255, is 9": lambda d: d["paths"]["/v1/events"]["post"]["parameters"][0][
        "schema"
    ].update(maxLength=9),
    "GET /v1/models: a body is needed now": lambda d: d["paths"]["/v1/models"]["get"].update(
        requestBody=churn(d)["requestBody"]
    ),
    "takes no body of application/json any more": lambda d: churn(d)["requestBody"].update(content={}),
    ".explain: the body has it no more": lambda d: schema(d, "ChurnBody")["properties"].pop("explain"),
    ".explain: is needed now": lambda d: schema(d, "ChurnBody")["required"].append("explain"),
    ".shop: is needed now": lambda d: (
        schema(d, "ChurnBody")["properties"].update(shop={"type": "string"}),
        schema(d, "ChurnBody")["required"].append("shop"),
    ),
    ".explain: boolean is taken no more": lambda d: field(d, "ChurnBody", "explain").update(type="integer"),
    ".region: null is taken no more": lambda d: field(d, "RecommendationsBody", "region")["anyOf"].pop(),
    ".mode: 'new' is taken no more": lambda d: field(d, "RecommendationsBody", "mode").update(enum=["all"]),
    ".product_id: only 'a' now": lambda d: schema(d, "SimilarBody")["properties"].update(
        product_id={"type": "string", "enum": ["a"]}
    ),
    ".mode: string is taken no more": lambda d: schema(d, "RecommendationsBody")["properties"].update(
        mode={"type": "array"}
    ),
    ".k: maximum was 1000, is 100": lambda d: field(d, "SimilarBody", "k").update(maximum=100),
    ".k: minimum was 1, is 2": lambda d: field(d, "SimilarBody", "k").update(minimum=2),
    ".customer_ids: maxItems was 10000, is 10": lambda d: field(d, "ChurnBody", "customer_ids").update(maxItems=10),
    ".customer_ids[]: maxLength was 256, is 9": lambda d: field(d, "ChurnBody", "customer_ids")["items"].update(
        maxLength=9
    ),
    ".events[].customer_id: pattern was ^[^\\x00]+$, is ^[0-9]$": lambda d: field(d, "EventBody", "customer_id").update(
        pattern="^[0-9]$"
    ),
    ".k: without it 10 was meant, 20 is": lambda d: field(d, "SimilarBody", "k").update(default=20),
    ".series[].*: string is taken no more": lambda d: field(d, "DemandBody", "series")["items"].update(
        additionalProperties={"type": "integer"}
    ),
    ".outcome: fields of other names are taken no more": lambda d: field(d, "FeedbackBody", "outcome").update(
        additionalProperties=False
    ),
    "POST /v1/churn: answers 200 no more": lambda d: churn(d)["responses"].pop("200"),
    "POST /v1/churn: answers 418 now": lambda d: churn(d)["responses"].update({"418": {"description": "tea"}}),
    "200 has no header RateLimit-Limit any more": lambda d: churn(d)["responses"]["200"]["headers"].pop(
        "RateLimit-Limit"
    ),
    "200 is not of application/json any more": lambda d: churn(d)["responses"]["200"].update(content={}),
    "200.prediction_id: the answer has it no more": lambda d: schema(d, "ChurnAnswer")["properties"].pop(
        "prediction_id"
    ),
    "200.prediction_id: may be missing now": lambda d: schema(d, "ChurnAnswer")["required"].remove("prediction_id"),
    "200.results[].customer_id: may be null now": lambda d: schema(d, "ChurnResult")["properties"].update(
        customer_id={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "200.results[].risk_score: may be number now": lambda d: field(d, "ChurnResult", "risk_score")["anyOf"][0].update(
        type="number"
    ),
    "200.results[].risk_score: maximum was 100, is None": lambda d: field(d, "ChurnResult", "risk_score")["anyOf"][
        0
    ].pop("maximum"),
    "200.told_by: may be 'guess' now": lambda d: field(d, "AudienceAnswer", "told_by")["enum"].append("guess"),
    "200.told_by: may be anything now": lambda d: field(d, "AudienceAnswer", "told_by").pop("enum"),
    "200.left_out.*: may be string now": lambda d: field(d, "AudienceAnswer", "left_out").update(
        additionalProperties={"type": "string"}
    ),
    "400.errors[].allowed: the answer has it no more": lambda d: schema(d, "ProblemField")["properties"].pop("allowed"),
}


@pytest.mark.parametrize(("said", "change"), BREAKING.items(), ids=BREAKING)
def test_what_breaks_a_caller_is_found(said: str, change: Change) -> None:
    assert [each for each in breaks(NOW, changed(change)) if said in each]


ADDED: dict[str, Change] = {
    "an address": lambda d: d["paths"].update({"/v1/new": {"get": churn(d)}}),
    "a method": lambda d: d["paths"]["/v1/churn"].update(get=churn(d)),
    "a parameter": lambda d: churn(d).update(
        parameters=[{"name": "X-Shop", "in": "header", "required": False, "schema": {"type": "string"}}]
    ),
    "a field of a body": lambda d: schema(d, "ChurnBody")["properties"].update(why={"type": "string", "default": ""}),
    "a field of an answer": lambda d: (
        schema(d, "ChurnAnswer")["properties"].update(why={"type": "string"}),
        schema(d, "ChurnAnswer")["required"].append("why"),
    ),
    "answers that are open": lambda d: schema(d, "ChurnAnswer").pop("additionalProperties", None),
    "a choice of a body": lambda d: field(d, "RecommendationsBody", "mode")["enum"].append("seldom"),
    "a type of a body": lambda d: schema(d, "ChurnBody")["properties"].update(
        explain={"anyOf": [{"type": "boolean"}, {"type": "integer"}], "default": False}
    ),
    "room in a body": lambda d: field(d, "SimilarBody", "k").update(maximum=2000),
    "less that is needed": lambda d: schema(d, "ChurnBody")["required"].clear(),
    "a field that is always there": lambda d: schema(d, "ForecastDay")["required"].append("q50"),
    "fewer choices of an answer": lambda d: field(d, "AudienceAnswer", "told_by")["enum"].pop(),
    "an answer that is no longer null": lambda d: field(d, "SimilarAnswer", "shortfall")["anyOf"].pop(),
    "a known error elsewhere": lambda d: d["paths"]["/healthz"]["get"]["responses"].update(
        {"504": churn(NOW)["responses"]["504"]}
    ),
    "an error less": lambda d: churn(d)["responses"].pop("504"),
    "a header": lambda d: churn(d)["responses"]["200"]["headers"].update({"X-New": {"schema": {"type": "string"}}}),
    "other words": lambda d: (churn(d).update(summary="new"), schema(d, "ChurnBody").update(description="new")),
}


@pytest.mark.parametrize("change", ADDED.values(), ids=ADDED)
def test_additions_break_nobody(change: Change) -> None:
    assert breaks(NOW, changed(change)) == []


FIELDS = sorted((name, of) for name, each in NOW["components"]["schemas"].items() for of in each.get("properties", ()))
FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@FEW
@given(st.sampled_from(FIELDS))
def test_no_field_goes_unnoticed(which: tuple[str, str]) -> None:
    name, of = which
    assert breaks(NOW, changed(lambda d: (schema(d, name)["properties"].pop(of), schema(d, name).pop("required", 0))))


@FEW
@given(st.sampled_from(FIELDS), st.sampled_from(["thing", "list", "number"]))
def test_no_other_type_goes_unnoticed(which: tuple[str, str], kind: str) -> None:
    other = {
        "thing": {"type": "object", "properties": {"odd": {"type": "null"}}, "required": ["odd"]},
        "list": {"type": "array", "items": {"type": "null"}},
        "number": {"type": "number", "minimum": 5.5, "maximum": 5.5},
    }[kind]
    name, of = which
    was = field(NOW, name, of)
    if was.get("type") == "number" or {"type": "number"} in [
        {"type": each.get("type")} for each in was.get("anyOf", ())
    ]:
        return  # of an answer, fewer numbers are no break
    assert breaks(NOW, changed(lambda d: schema(d, name)["properties"].update({of: other})))


@FEW
@given(st.lists(st.sampled_from(sorted(ADDED)), max_size=6, unique=True))
def test_additions_together_break_nobody(chosen: list[str]) -> None:
    assert breaks(NOW, changed(lambda d: [ADDED[each](d) for each in chosen])) == []
