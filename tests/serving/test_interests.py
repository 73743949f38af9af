"""What a customer looks at, puts into the cart, wishes or searches for changes the next recommendation at once."""

from __future__ import annotations

import time
from typing import Any

import pandas as pd
import pytest

from core.workspace import Workspace
from tests.serving.conftest import Shop, open_shop
from tests.support.shop import commit

SESSION = "session 1"


def did(customer: str, kind: str, product: str | None = None, **more: Any) -> dict[str, Any]:
    return {"customer_id": customer, "kind": kind, "product_id": product, **more}


def asked(shop: Shop, customer: str | None, **more: Any) -> list[dict[str, Any]]:
    body = {"customer_id": customer, "k": 10, **more}
    found: list[dict[str, Any]] = shop.post("/v1/recommendations", body).json()["results"]
    return found


def never_proposed(shop: Shop, customer: str) -> str:
    """The product that stands last among those the customer never bought."""
    return str(asked(shop, customer, k=48, mode="new")[-1]["product_id"])


def place(results: list[dict[str, Any]], product: str) -> int:
    return [result["product_id"] for result in results].index(product)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("view", "you looked at it lately"),
        ("cart", "you put it into your cart lately"),
        ("wishlist", "it is on your wish list"),
    ],
)
def test_within_a_second_the_next_answer_shows_a_look_and_says_so(shop: Shop, kind: str, reason: str) -> None:
    product = never_proposed(shop, "c001")
    assert product not in [result["product_id"] for result in asked(shop, "c001")]
    started = time.monotonic()
    taken = shop.post("/v1/events", {"events": [did("c001", kind, product)]}).json()
    after = asked(shop, "c001")
    assert time.monotonic() - started < 1
    assert (taken["applied"], taken["deferred"]) == (True, 0)
    found = after[place(after, product)]
    assert (found["source"], found["reason"], found["fallback"]) == ("interest", reason, None)


def test_first_looks_serve_a_stranger_and_bring_what_goes_with_them(shop: Shop) -> None:
    before = asked(shop, SESSION)
    assert {(result["source"], result["fallback"]) for result in before} == {("popular", "popular")}
    product = never_proposed(shop, "c001")
    shop.post("/v1/events", {"events": [did(SESSION, "view", product)]})
    after = asked(shop, SESSION)
    assert after[0]["product_id"] == product
    told = [result for result in after if result["source"] == "interest"]
    assert len(told) > 1
    assert told[1]["reason"].startswith("goes with ")
    assert {result["fallback"] for result in told} == {None}
    assert [r["fallback"] for r in after if r["source"] == "popular"] == ["popular"] * (10 - len(told))
    assert shop.post("/v1/churn", {"customer_ids": [SESSION]}).json()["results"][0]["fallback"] == "population"


def test_a_search_brings_what_it_means_and_what_goes_with_that(shop: Shop) -> None:
    shop.post("/v1/events", {"events": [did(SESSION, "search", text="Products of CATEGORY 3, please")]})
    reasons = [result["reason"] for result in asked(shop, SESSION, k=20) if result["source"] == "interest"]
    assert "it is what you searched for" in reasons
    assert any(reason.endswith("which you searched for") for reason in reasons)


def test_what_was_looked_at_and_then_bought_is_no_interest_any_more(shop: Shop) -> None:
    product = never_proposed(shop, "c001")
    shop.post("/v1/events", {"events": [did("c001", "cart", product)]})
    assert place(asked(shop, "c001", mode="new"), product) < 10
    shop.post("/v1/events", {"events": [did("c001", "purchase", product, quantity=1, value=3.5)]})
    assert all(result["product_id"] != product for result in asked(shop, "c001", k=48, mode="new"))
    assert all(
        "cart" not in result["reason"] for result in asked(shop, "c001", k=48) if result["product_id"] == product
    )


def test_a_look_at_what_is_not_sold_changes_nothing(shop: Shop) -> None:
    before = [asked(shop, customer) for customer in ("c001", SESSION)]
    looks = [did(customer, "view", "no such product") for customer in ("c001", SESSION)]
    more = [did("c001", "view"), did("c001", "search"), did("c001", "search", text="?! zzzz")]
    taken = shop.post("/v1/events", {"events": [*looks, *more]}).json()
    assert (taken["accepted"], taken["applied"]) == (5, True)
    assert [asked(shop, customer) for customer in ("c001", SESSION)] == before


def test_an_old_look_has_faded(shop: Shop) -> None:
    product, now = never_proposed(shop, "c001"), asked(shop, "c001", k=48)
    old = did("c001", "view", product, occurred_at="2024-08-01T10:00:00Z")
    shop.post("/v1/events", {"events": [old]})
    assert asked(shop, "c001", k=48) == now


def test_the_basket_completes_the_basket_beside_interests(shop: Shop) -> None:
    product = never_proposed(shop, SESSION)
    shop.post("/v1/events", {"events": [did(SESSION, "view", product)]})
    found = asked(shop, SESSION, basket=["007", product])
    assert not {"007", product} & {result["product_id"] for result in found}
    assert found[0]["source"] in {"basket", "interest"}
    assert asked(shop, None, basket=["007"])[0]["source"] == "basket"


def test_ten_thousand_events_of_one_customer_leave_the_service_quick(shop: Shop) -> None:
    many = [
        did("c001", "view", f"{n % 48:03d}", occurred_at=f"2024-08-27T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z")
        for n in range(10_000)
    ]
    assert shop.post("/v1/events", {"events": many}).json()["applied"] is True
    started = time.monotonic()
    shop.post("/v1/events", {"events": [did("c001", "view", "007")]})
    asked(shop, "c001")
    assert time.monotonic() - started < 1


def test_without_consent_looks_are_neither_kept_for_use_nor_read(served: Workspace) -> None:
    choices = pd.DataFrame({"customer_id": ["c001"], "purpose": ["personalisation"], "granted": [False]})
    commit(served, {"consents": choices.assign(at=pd.Timestamp("2024-02-01"))})
    for shop in open_shop(served):
        before = asked(shop, "c001")
        shop.post("/v1/events", {"events": [did("c001", "view", "047")]})
        assert asked(shop, "c001") == before
        found = shop.runtime.features.read_view("customer_interests", ["c001"])
        assert found.known == []
