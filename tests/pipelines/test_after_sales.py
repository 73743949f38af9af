"""What follows an order: parcels, requests to the service desk, reviews."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from pipelines.ingest import run
from tests.pipelines.conftest import Shop


def _bring(shop: Shop, table: str, lines: list[str]) -> None:
    shop.write(f"{table}.csv", "\n".join(lines))
    columns = lines[0].split(",")
    shop.add_table(table, **{"from": f"{table}.csv", "columns": {name: name for name in columns}})
    (shop.root / "regulars.toml").write_text("max_rejected_share = 0.9\n")


def test_parcels_requests_and_reviews_are_checked_and_kept(shop: Shop, good_lines: Callable[[int], list[str]]) -> None:
    shop.lines(good_lines(60))
    parcels = ["order_id,shipped_at,promised_on,delivered_at,problem"]
    _bring(shop, "deliveries", [*parcels, "1,2024-03-02 09:00,2024-03-04,2024-03-06 15:00,late", "2,,,,eaten"])
    asked = ["customer_id,opened_at,answered_at,topic,satisfaction"]
    _bring(shop, "tickets", [*asked, "007,2024-03-05 09:00,2024-03-05 11:00,parcel,2", "7,2024-03-05 09:00,,,6"])
    rated = ["product_id,reviewed_at,rating,customer_id"]
    _bring(shop, "reviews", [*rated, "p1,2024-03-07 20:00,4,007", "p1,2024-03-07 20:00,0,", "p2,2024-03-07 21:00,5,"])
    run(shop.workspace)
    assert shop.rows("order_id, promised_on, problem", "deliveries") == [("1", date(2024, 3, 4), "late")]
    assert [row["reason"] for row in shop.quarantine("deliveries")] == [
        "problem is none of late, lost, customs, damaged"
    ]
    answered = datetime(2024, 3, 5, 11)
    assert shop.rows("customer_id, day, answered_at, satisfaction", "tickets") == [
        ("007", date(2024, 3, 5), answered, 2.0)
    ]
    assert [row["reason"] for row in shop.quarantine("tickets")] == ["satisfaction is above 5"]
    assert sorted(shop.rows("product_id, customer_id", "reviews"), key=str) == [("p1", "007"), ("p2", None)]
    assert [row["reason"] for row in shop.quarantine("reviews")] == ["rating is below 1"]


def test_a_request_is_told_again_once_it_is_answered(shop: Shop, good_lines: Callable[[int], list[str]]) -> None:
    shop.lines(good_lines(60))
    head = "customer_id,opened_at,answered_at,topic"
    _bring(shop, "tickets", [head, "007,2024-03-05 09:00,,parcel"])
    run(shop.workspace)
    _bring(shop, "tickets", [head, "007,2024-03-05 09:00,2024-03-06 10:00,parcel"])
    run(shop.workspace)
    assert shop.rows("count(*), count(answered_at)", "tickets") == [(1, 1)]
