"""Contacts are facts: who was contacted or held out, when, with what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pipelines.ingest import run
from tests.pipelines.conftest import Shop

COLUMNS = "customer_id,campaign_id,at,treated,channel,offer,cost"
CONTACTS = [
    "007,spring,2024-03-05 09:00,yes,email,coupon,0.5",
    "1.0,spring,2024-03-05 09:00,no,,,",
    ",spring,2024-03-05 09:00,yes,email,coupon,0.5",
    "2,spring,2024-03-05 09:00,perhaps,email,coupon,0.5",
    "3,spring,2024-03-05 09:00,yes,email,coupon,-1",
]


def _bring(shop: Shop, lines: list[str]) -> None:
    shop.write("contacts.csv", "\n".join([COLUMNS, *lines]))
    shop.add_table("contacts", **{"from": "contacts.csv", "columns": {name: name for name in COLUMNS.split(",")}})
    (shop.root / "regulars.toml").write_text("max_rejected_share = 0.9\n")


def test_contacts_are_checked_and_kept_with_their_day(shop: Shop, good_lines: Callable[[int], list[str]]) -> None:
    shop.lines(good_lines(60))
    _bring(shop, CONTACTS)
    run(shop.workspace)
    assert sorted(shop.rows("customer_id, day, treated, offer, cost", "contacts")) == [
        ("007", date(2024, 3, 5), True, "coupon", 0.5),
        ("1", date(2024, 3, 5), False, None, None),
    ]
    assert sorted(row["reason"] for row in shop.quarantine("contacts")) == [
        "cost is below 0",
        "customer_id is empty",
        "treated is neither yes nor no",
    ]


def test_what_became_of_a_contact_is_told_later(shop: Shop, good_lines: Callable[[int], list[str]]) -> None:
    """The list is brought as it was drawn, then as it was carried out: one row per customer, campaign and moment."""
    shop.lines(good_lines(60))
    _bring(shop, CONTACTS[:2])
    run(shop.workspace)
    _bring(shop, [CONTACTS[0].replace("yes", "no"), CONTACTS[1]])
    run(shop.workspace)
    assert shop.rows("count(*), count_if(treated)", "contacts") == [(2, 0)]
