"""What the service acknowledges is kept, once; what it can't keep it refuses; and predictions wait for none of it."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
import structlog
from sqlalchemy import event

from core.event_log import EventLog
from models.churn import KIND, dataset
from serving.http import WRITING_THREADS
from tests.serving.conftest import Shop

CHURN = ("/v1/churn", {"customer_ids": ["c000", "c001"]})
FEEDBACK = ("/v1/feedback", {"prediction_id": "0" * 32, "outcome": {"bought": True}})
EVENT = ("/v1/events", {"events": [{"customer_id": "c001", "kind": "view", "product_id": "007"}]})


@contextmanager
def locked(shop: Shop) -> Iterator[None]:
    """Another process writes, and does not end."""
    with sqlite3.connect(shop.workspace.root / "state.db", isolation_level=None) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


def test_predictions_are_answered_while_another_holds_the_database(shop: Shop) -> None:
    with locked(shop), ThreadPoolExecutor(40) as pool:
        writers = [pool.submit(shop.post, *FEEDBACK) for _ in range(30)]
        assert [shop.post(*CHURN).status_code for _ in range(20)] == [200] * 20
        assert sum(each.done() for each in writers) < len(writers)  # all this while they waited
        refused = [each.result() for each in writers]
    assert {each.status_code for each in refused} == {503}
    assert refused[0].json()["type"] == "urn:regulars:problem:store-down"
    assert refused[0].headers["Retry-After"] == "5"
    assert shop.runtime.predictions.outcomes() == []
    assert shop.post(*FEEDBACK).status_code == 200


def test_a_full_disk_is_said_in_a_line_and_keeps_nothing_in_half(shop: Shop) -> None:
    engine = shop.runtime.events.engine

    def shrink(connection: Any, _record: Any) -> None:
        connection.execute(f"pragma max_page_count={connection.execute('pragma page_count').fetchone()[0]}")

    engine.dispose()
    event.listen(engine, "connect", shrink)
    try:
        body = {"events": [{**EVENT[1]["events"][0], "kind": "search", "text": "x" * 9_000}] * 50}
        with structlog.testing.capture_logs() as said:
            refused = shop.post("/v1/events", body)
            assert shop.post(*CHURN).status_code == 200
        assert (refused.status_code, refused.json()["type"]) == (507, "urn:regulars:problem:no-room")
        assert refused.headers["Retry-After"] == "30"
        assert not [each for each in said if "exc_info" in each]
        assert EventLog(shop.workspace).pending() == []
    finally:
        event.remove(engine, "connect", shrink)
        engine.dispose()
    assert shop.post("/v1/events", body).json()["accepted"] == 50


@pytest.mark.parametrize(("path", "body"), [FEEDBACK, EVENT])
@pytest.mark.fault(
    "database",
    "a request sent again with its Idempotency-Key",
    "answered as before, kept once; another body under it: 422",
)
def test_a_request_sent_again_with_its_key_is_answered_as_before(shop: Shop, path: str, body: dict[str, Any]) -> None:
    named = {"Idempotency-Key": "order 17, first mail"}
    first, again = (shop.post(path, body, headers=named) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    kept = len(shop.runtime.predictions.outcomes()) + len(EventLog(shop.workspace).pending())
    assert kept == 1
    field, value = next(iter(body.items()))
    other = {**body, "outcome": {"bought": False}} if path == FEEDBACK[0] else {field: value * 2}
    refused = shop.post(path, other, headers=named)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:regulars:problem:idempotency-key-reused")
    assert shop.post(path, other, headers={"Idempotency-Key": "another"}).status_code == 200
    assert shop.post(path, body, headers={"Idempotency-Key": "x" * 256}).status_code == 400


@pytest.mark.fault("bodies", "an event dated 1800", "refused (400), none of its request is kept")
def test_an_event_that_no_ingest_would_take_is_refused_at_the_door(shop: Shop) -> None:
    old = {"customer_id": "c001", "kind": "view", "occurred_at": "1800-01-01T00:00:00Z"}
    refused = shop.post("/v1/events", {"events": [EVENT[1]["events"][0], old]})
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert (error["field"], error["problem"]) == ("events[1].occurred_at", "lies too far back")
    assert EventLog(shop.workspace).pending() == []


def test_more_who_write_than_threads_all_get_their_turn(shop: Shop) -> None:
    with ThreadPoolExecutor(2 * WRITING_THREADS) as pool:
        told = list(pool.map(lambda _: shop.post(*FEEDBACK).status_code, range(2 * WRITING_THREADS)))
    assert told == [200] * 2 * WRITING_THREADS
    assert len(shop.runtime.predictions.outcomes()) == 2 * WRITING_THREADS


def test_the_log_has_the_very_values_that_a_churn_score_was_made_of(shop: Shop) -> None:
    answer = shop.post("/v1/churn", {"customer_ids": ["c001", "nobody", "c000"]}).json()
    log = shop.runtime.predictions
    log.close()
    since, until = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    logged = list(log.features("churn", since, until))
    assert [row["subject"] for row in logged] == ["c001", "c000"]
    scorer = shop.runtime.champions.get(KIND).model
    columns = {name: [row["features"][name] for row in logged] for name in logged[0]["features"]}
    told = {result["customer_id"]: result["churn_probability"] for result in answer["results"]}
    assert [float(p) for p in scorer.score(columns).probability] == [told["c001"], told["c000"]]
    rows = pd.DataFrame({"customer_id": ["c001", "c000"], "as_of": date.fromisoformat(logged[0]["request"]["as_of"])})
    known = dataset.with_features(shop.workspace, rows)
    for name in scorer.about.inputs.names:
        values = [math.nan if value is None else value for value in columns[name]]
        assert values == pytest.approx(known[name].tolist(), nan_ok=True), name
