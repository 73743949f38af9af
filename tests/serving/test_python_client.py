"""The Python client and the service understand each other, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from regulars_client import AsyncRegulars, Forbidden, InvalidRequest, Regulars, RetryPolicy, Unauthorized, Unreachable
from regulars_client._calls import OPERATIONS
from regulars_client.testing import FakeRegulars

from core.prediction_log import PredictionLog
from tests.serving.conftest import Shop, on_a_socket
from tests.serving.test_openapi import DOCUMENT, resolve
from tests.support.ports import own_port

JOB = "0" * 32
CALLS: dict[str, dict[str, Any]] = {
    "churn": {"customer_ids": ["c001", "nobody"], "explain": True},
    "recommendations": {"customer_id": "c001", "k": 3, "mode": "new", "exclude": ["003"], "context": {"adult": True}},
    "similar": {"product_id": "003", "k": 2},
    "bundles": {"product_id": "003"},
    "audience": {"product_id": "003", "size": 5},
    "demand": {
        "series": [{"category": "category 1"}],
        "horizon": 3,
        "quantiles": [0.5],
        "scenario": {"promotion": True},
    },
    "customers": {"customer_ids": ["c001"], "profile": True},
    "events": {"events": [{"customer_id": "c001", "kind": "view", "product_id": "003"}]},
    "feedback": {"prediction_id": "0" * 32, "outcome": {"bought": True}},
    "new_job": {"model": "churn", "format": "csv"},
    "jobs": {},
    "job": {"job_id": JOB},
    "cancel_job": {"job_id": JOB},
    "models": {},
    "health": {},
    "ready": {},
}


def documented(operation: Any) -> Any:
    content = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]["200"]["content"]
    return resolve(content["application/json"]["schema"])


@pytest.fixture
def url(shop: Shop) -> Iterator[str]:
    """The service of the test, on a socket."""
    with on_a_socket(shop) as url:
        yield url


def test_every_method_is_answered_as_it_is_typed(shop: Shop, url: str) -> None:
    assert {operation.name for operation in OPERATIONS} == set(CALLS)
    with Regulars(url, shop.token) as client:
        for operation in OPERATIONS:
            asked = CALLS[operation.name]
            if "job_id" in asked:
                asked = {"job_id": client.jobs()["jobs"][0]["job_id"]}
            answer = getattr(client, operation.name)(**asked)
            jsonschema_rs.validate(documented(operation), json.loads(json.dumps(answer)))


def test_the_awaited_client_asks_at_once(shop: Shop, url: str) -> None:
    async def ask() -> list[Any]:
        async with AsyncRegulars(url, shop.token) as client:
            return await asyncio.gather(*(client.churn([f"c{number:03}"]) for number in range(1, 21)))

    answers = asyncio.run(ask())
    assert [answer["results"][0]["customer_id"] for answer in answers] == [f"c{n:03}" for n in range(1, 21)]


def test_feedback_that_is_sent_again_is_kept_once(shop: Shop, url: str) -> None:
    with Regulars(url, shop.token) as client:
        told = [client.feedback("0" * 32, {"bought": True}, idempotency_key="once") for _ in range(2)]
    assert told[0] == told[1]
    assert len(PredictionLog(shop.workspace).outcomes()) == 1


def test_refusals_are_told_as_the_service_says_them(shop: Shop, url: str) -> None:
    with Regulars(url, shop.token) as client:
        with pytest.raises(InvalidRequest) as found:
            client.recommendations(customer_id="c001", mode="nwe")  # type: ignore[arg-type]
        assert (found.value.field, found.value.did_you_mean) == ("mode", "new")
    with Regulars(url, "nobody") as client, pytest.raises(Unauthorized):
        client.models()
    with Regulars(url, shop.keys.create("front", ["events"])) as client, pytest.raises(Forbidden):
        client.models()


def test_a_service_that_is_gone_is_unreachable() -> None:
    nowhere = f"http://127.0.0.1:{own_port()}"
    with Regulars(nowhere, "key", retry=RetryPolicy(retries=0)) as client, pytest.raises(Unreachable):
        client.health()


def test_a_fake_answers_as_the_document_says() -> None:
    client = FakeRegulars().client()
    for operation in OPERATIONS:
        answer = getattr(client, operation.name)(**CALLS[operation.name])
        jsonschema_rs.validate(documented(operation), json.loads(json.dumps(answer)))
