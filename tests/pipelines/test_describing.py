"""The dictionary tells of each field its meaning, unit, source, period, refresh, owner and completeness."""

from __future__ import annotations

import json
from typing import Any

from core.clock import present
from feature_repo import snapshots
from tests.pipelines import field
from tests.pipelines.conftest import Shop


def lines(n: int) -> list[str]:
    """Orders of one line; every fourth is a guest's, the first and the last are on known days."""
    return [f"{'' if i % 4 == 0 else 'c1'},o{i},p1,2024-03-{1 + i % 28:02d} 10:00:00,1,2" for i in range(n)]


def entry(shop: Shop, of: str, name: str) -> dict[str, Any]:
    document = json.loads(field.command(shop.workspace, "features", "describe", "--json").stdout)
    [found] = [each for each in document["fields"] if (each["of"], each["name"]) == (of, name)]
    return dict(found)


def test_each_field_is_described_with_its_source_period_owner_and_completeness(shop: Shop) -> None:
    shop.mapping["owner"] = "Ada"
    shop.lines(lines(40))
    shop.map(owner="Ben (till)")
    shop.write("products.csv", "sku\np1\n")
    shop.add_table("products", **{"from": "products.csv", "columns": {"product_id": "sku"}})
    field.command(shop.workspace, "ingest")
    revenue, customer = (entry(shop, "orders", name) for name in ("revenue", "customer_id"))
    assert (revenue["source"], revenue["unit"], revenue["files"]) == (["qty * price"], "GBP", ["orders.csv"])
    assert (revenue["first_day"], revenue["last_day"]) == ("2024-03-01", "2024-03-28")
    assert (revenue["owner"], revenue["rhythm"]) == ("Ben (till)", "taken in once")
    assert revenue["refreshed_at"]
    assert customer["completeness"] == 0.75
    assert entry(shop, "products", "product_id")["owner"] == "Ada"
    assert entry(shop, "customer_features", "days_since_last_visit")["completeness"] is None
    snapshots.ensure(shop.workspace, "customer_features", [present(shop.workspace)])
    feature = entry(shop, "customer_features", "days_since_last_visit")
    assert (feature["completeness"], feature["unit"]) == (1.0, "days")
    assert "orders.ordered_at" in feature["source"]
    assert feature["files"] == ["orders.csv", "products.csv"]
    assert feature["last_day"] == "2024-03-28"


def test_it_is_written_as_a_page_or_as_json_and_nothing_else(shop: Shop) -> None:
    shop.lines(lines(8))
    field.command(shop.workspace, "ingest")
    page, document = shop.root / "dictionary.html", shop.root / "dictionary.json"
    for output in (page, document):
        assert field.command(shop.workspace, "features", "describe", "--output", str(output)).exit_code == 0
    assert "qty * price" in page.read_text()
    assert {each["of"] for each in json.loads(document.read_text())["fields"]} >= {"orders", "customer_features"}
    refused = field.command(shop.workspace, "features", "describe", "--output", "dictionary.pdf")
    assert refused.exit_code == 2
    assert "did you mean 'orders'" in field.command(shop.workspace, "features", "describe", "--of", "order").output
