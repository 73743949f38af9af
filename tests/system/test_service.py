"""The running service, called as an application calls it."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system.cli import regulars
from tests.system.conftest import running

RIGHTS = ("predict", "customers", "feedback", "events")
Call = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def call(service: str, make_key: Callable[..., str]) -> Call:
    """Calls an endpoint with a key that has every right an application needs."""
    client = httpx.Client(base_url=service, headers={"Authorization": f"Bearer {make_key('caller', *RIGHTS)}"})

    def post(path: str, body: Any, **headers: str) -> httpx.Response:
        return client.post(path, json=body, headers=headers)

    return post


def test_every_prediction_has_the_same_frame(call: Call) -> None:
    bodies = {
        "churn": {"customer_ids": ["c001", "c002"], "explain": True},
        "recommendations": {"customer_id": "c001", "k": 5, "mode": "all"},
        "similar": {"product_id": "001", "k": 3},
        "demand": {"series": [{"category": "category 1"}], "horizon": 7, "quantiles": [0.05, 0.5, 0.95]},
        "customers": {"customer_ids": ["c001"]},
    }
    for name, body in bodies.items():
        answer = call(f"/v1/{name}", body)
        assert answer.status_code == 200, (name, answer.text)
        document = answer.json()
        assert document["results"], name
        assert all("fallback" in result for result in document["results"]), name
        if name != "customers":
            assert {"prediction_id", "model", "version", "variant"} <= document.keys()


def test_an_unknown_customer_is_an_answer(call: Call) -> None:
    churn = call("/v1/churn", {"customer_ids": ["nobody"]}).json()["results"][0]
    assert 0 <= churn["churn_probability"] <= 1
    assert churn["fallback"]
    items = call("/v1/recommendations", {"customer_id": "nobody", "k": 4}).json()["results"]
    assert len(items) == 4
    assert all(item["fallback"] for item in items)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("churn", {"customer_ids": ["a"], "explian": True}, "explian"),
        ("churn", {"customer_ids": "a"}, "customer_ids"),
        ("churn", {"customer_ids": ["a"] * 10_001}, "customer_ids"),
        ("recommendations", {"customer_id": "a", "k": 0}, "k"),
        ("recommendations", {"customer_id": "a", "mode": "some"}, "mode"),
        ("demand", {"series": [{"categry": "x"}]}, "categry"),
    ],
)
def test_a_bad_body_is_a_problem_that_names_the_field(call: Call, path: str, body: Any, field: str) -> None:
    answer = call(f"/v1/{path}", body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert field in answer.text


def test_keys_and_rights(service: str, make_key: Callable[..., str]) -> None:
    url, body = f"{service}/v1/churn", {"customer_ids": ["c001"]}
    none = httpx.post(url, json=body)
    wrong = httpx.post(url, json=body, headers={"Authorization": "Bearer rgl_0_wrong"})
    other = httpx.post(url, json=body, headers={"Authorization": f"Bearer {make_key('feeder', 'feedback')}"})
    assert (none.status_code, wrong.status_code, other.status_code) == (401, 401, 403)
    assert none.content == wrong.content


def test_pages_without_a_key(service: str) -> None:
    for path in ("/healthz", "/readyz", "/docs.json", "/metrics"):
        assert httpx.get(service + path).status_code == 200, path
    assert "/v1/churn" in httpx.get(f"{service}/docs.json").json()["paths"]


def test_a_purchase_event_changes_the_next_prediction(call: Call) -> None:
    ids = [f"c{number:03d}" for number in range(160)]
    scores = call("/v1/churn", {"customer_ids": ids}).json()["results"]
    known = [score for score in scores if score["fallback"] is None]
    risky = max(known, key=lambda score: score["churn_probability"])
    event = {"customer_id": risky["customer_id"], "kind": "purchase", "product_id": "001", "quantity": 2, "value": 9.5}
    assert call("/v1/events", {"events": [event]}).status_code == 200
    after = call("/v1/churn", {"customer_ids": [risky["customer_id"]]}).json()["results"][0]
    assert after["churn_probability"] < risky["churn_probability"]


def test_one_customer_is_answered_quickly(call: Call) -> None:
    """A generous bound against a hang; the ratio to the limit is measured in benchmarks, not here."""
    times = []
    for _ in range(20):
        started = time.perf_counter()
        assert call("/v1/churn", {"customer_ids": ["c001"]}).status_code == 200
        times.append(time.perf_counter() - started)
    assert statistics.median(times) < 2


@pytest.mark.long
def test_what_was_acknowledged_survives_a_kill(a_copy: Path, make_key: Callable[..., str]) -> None:
    token = regulars("keys", "create", "killer", "--right", "admin", "--json", folder=a_copy).document["token"]
    headers = {"Authorization": f"Bearer {token}"}
    with running(a_copy, "serve", "/readyz") as address:
        prediction = httpx.post(f"{address}/v1/churn", json={"customer_ids": ["c001"]}, headers=headers).json()
        feedback = {"prediction_id": prediction["prediction_id"], "outcome": {"churned": False}}
        assert httpx.post(f"{address}/v1/feedback", json=feedback, headers=headers).status_code == 200
        event = {"customer_id": "c002", "kind": "view", "product_id": "003", "text": "before the kill"}
        assert httpx.post(f"{address}/v1/events", json={"events": [event]}, headers=headers).status_code == 200
        for pid in service_processes(a_copy):
            os.kill(pid, signal.SIGKILL)
    import sqlite3

    with sqlite3.connect(a_copy / "state.db") as database:
        assert database.execute("SELECT count(*) FROM feedback").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM received_events").fetchone()[0] == 1
    with running(a_copy, "serve", "/readyz") as address:
        assert httpx.get(f"{address}/readyz").status_code == 200


def service_processes(root: Path) -> list[int]:
    """The processes of the service on a workspace."""
    import psutil

    found = []
    for process in psutil.process_iter(["pid", "cmdline", "environ"]):
        environment = process.info["environ"] or {}
        if environment.get("REGULARS_WORKSPACE") == str(root.resolve()) and "serving" in str(process.info["cmdline"]):
            found.append(process.info["pid"])
    assert found
    return found
