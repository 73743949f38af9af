"""An event is on disk before it is acknowledged, and the next prediction shows a purchase."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from core.errors import StoreError
from core.event_log import Event, EventLog
from feature_repo import folding, materialization, online, store
from serving import event_intake
from serving.event_intake import EventIntake
from tests.serving.conftest import Shop


def purchase(customer: str, product: str = "007", **more: Any) -> dict[str, Any]:
    return {"customer_id": customer, "kind": "purchase", "product_id": product, "quantity": 1, "value": 3.5, **more}


def recency(shop: Shop, customer: str) -> float:
    result = shop.post("/v1/customers", {"customer_ids": [customer]}).json()["results"][0]
    return float(result["rfm"]["recency_days"])


def longest_away(shop: Shop) -> str:
    everyone = [f"c{number:03d}" for number in range(160)]
    results = shop.post("/v1/customers", {"customer_ids": everyone}).json()["results"]
    return str(max(results, key=lambda result: result["rfm"]["recency_days"])["customer_id"])


def test_a_purchase_changes_the_next_prediction(shop: Shop) -> None:
    customer = longest_away(shop)
    before = shop.post("/v1/churn", {"customer_ids": [customer]}).json()["results"][0]
    answer = shop.post("/v1/events", {"events": [purchase(customer)]}).json()
    after = shop.post("/v1/churn", {"customer_ids": [customer]}).json()["results"][0]
    assert answer == {"accepted": 1, "known": 0, "applied": True, "deferred": 0}
    assert before["fallback"] == "inactive"
    assert after["fallback"] is None
    assert after["churn_probability"] < before["churn_probability"]


def test_what_was_just_bought_is_not_new_any_more(shop: Shop) -> None:
    body = {"customer_id": "c001", "k": 3, "mode": "new"}
    first = shop.post("/v1/recommendations", body).json()["results"][0]["product_id"]
    shop.post("/v1/events", {"events": [purchase("c001", first)]})
    after = [r["product_id"] for r in shop.post("/v1/recommendations", body).json()["results"]]
    assert first not in after


def test_a_customer_whom_no_snapshot_has_is_new_and_scored_as_the_population(shop: Shop) -> None:
    ask = {"customer_ids": ["brand new"], "explain": True}
    unknown = shop.post("/v1/churn", ask).json()["results"][0]
    shop.post("/v1/events", {"events": [purchase("brand new")]})
    new = shop.post("/v1/churn", ask).json()["results"][0]
    assert unknown["fallback"] == "population"
    assert new == unknown | {"fallback": "new_customer"}
    assert (new["risk_tier"], new["action"], new["reasons"]) == (0, "none", [])
    about = shop.post("/v1/customers", {"customer_ids": ["brand new"]}).json()["results"][0]
    assert (about["fallback"], about["segment"]) == ("new_customer", None)
    assert (about["rfm"]["frequency"], about["rfm"]["monetary"]) == (1, 3.5)


def orders(shop: Shop, customer: str) -> float:
    result = shop.post("/v1/customers", {"customer_ids": [customer]}).json()["results"][0]
    return float(result["rfm"]["frequency"])


def test_orders_are_counted_once_however_their_lines_come(shop: Shop) -> None:
    before = orders(shop, "c001")
    two_lines = [purchase("c001", "007", order_id="o1"), purchase("c001", "008", order_id="o1")]
    shop.post("/v1/events", {"events": two_lines})
    assert orders(shop, "c001") == before + 1
    shop.post("/v1/events", {"events": [purchase("c001", "009", order_id="o1")]})
    assert orders(shop, "c001") == before + 1
    shop.post("/v1/events", {"events": [purchase("c001", "009", order_id="o2")]})
    assert orders(shop, "c001") == before + 2
    folding.refill(shop.workspace, materialization.as_of(shop.workspace))
    assert orders(shop, "c001") == before + 2


def test_events_that_change_no_answer_yet_are_kept_and_said_to_be_deferred(shop: Shop) -> None:
    asked = [("/v1/churn", {"customer_ids": ["c001"]}), ("/v1/customers", {"customer_ids": ["c001"]})]

    def answers() -> list[Any]:
        return [shop.post(path, body).json()["results"] for path, body in asked]

    before = answers()
    seen = [{"customer_id": "c001", "kind": kind} for kind in ("complaint", "login", "login", "email_open")]
    taken = shop.post("/v1/events", {"events": seen}).json()
    assert taken == {"accepted": 4, "known": 0, "applied": False, "deferred": 4}
    assert answers() == before
    assert len(EventLog(shop.workspace).pending()) == 4
    mixed = shop.post("/v1/events", {"events": [*seen, purchase("c001")]}).json()
    assert (mixed["applied"], mixed["deferred"]) == (True, 4)


def test_an_event_sent_twice_with_its_time_counts_once(shop: Shop) -> None:
    body = {"events": [purchase("c001", occurred_at="2024-08-20T10:00:00Z", order_id="o1")]}
    assert shop.post("/v1/events", body).json()["known"] == 0
    assert shop.post("/v1/events", body).json() == {"accepted": 1, "known": 1, "applied": True, "deferred": 0}
    assert len(EventLog(shop.workspace).pending()) == 1


def test_a_store_that_is_down_takes_the_events_later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = longest_away(shop)
    before = recency(shop, customer)

    def down(*_: object) -> None:
        raise StoreError("the online store does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(online, "apply_events", down)
        answer = shop.post("/v1/events", {"events": [purchase(customer)]})
        assert (answer.status_code, answer.json()["applied"]) == (200, False)
    assert recency(shop, customer) == before
    shop.runtime.background.round()
    assert recency(shop, customer) == 1
    assert folding.fold_in(shop.workspace, EventLog(shop.workspace)) == []


@pytest.mark.fault(
    "online store", "a crash between keeping an event and showing it", "shown after the next start, once"
)
def test_an_event_that_a_crash_left_unapplied_is_applied_at_the_next_start(shop: Shop) -> None:
    customer = longest_away(shop)
    log = EventLog(shop.workspace)
    log.append([Event(customer, clock.now(shop.workspace), "purchase", "007", quantity=1.0, value=3.5)])
    EventIntake(shop.workspace, log).apply_missed()
    assert recency(shop, customer) == 1


def test_a_refilled_store_shows_the_events_again(shop: Shop) -> None:
    customer = longest_away(shop)
    before = recency(shop, customer)
    shop.post("/v1/events", {"events": [purchase(customer)]})
    as_of = materialization.as_of(shop.workspace)
    store.materialize(shop.workspace, as_of)
    assert recency(shop, customer) == before
    shop.runtime.background.round()
    assert recency(shop, customer) == 1
    folding.refill(shop.workspace, as_of)
    once = shop.post("/v1/customers", {"customer_ids": [customer]}).json()
    shop.runtime.background.round()
    assert shop.post("/v1/customers", {"customer_ids": [customer]}).json() == once


def test_while_the_store_is_being_filled_events_are_kept_and_wait(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_intake, "PATIENCE_SECONDS", 0.05)
    customer = longest_away(shop)
    with folding.alone(shop.workspace):
        assert shop.post("/v1/events", {"events": [purchase(customer)]}).json()["applied"] is False
    shop.runtime.background.round()
    assert recency(shop, customer) == 1
