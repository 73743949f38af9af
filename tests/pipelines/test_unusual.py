"""Lines that lie far from their product's and customer's past are flagged and listed, and stay what they were."""

from __future__ import annotations

import json
from collections import Counter

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines import unusual
from tests.pipelines import field
from tests.pipelines.conftest import Shop

PLANTED = 20
"""Errors of each kind."""


def lines(seed: int = 4, count: int = 12_000) -> pd.DataFrame:
    """A year of a shop: 60 products in small quantities, each at a price of its own that varies by a tenth."""
    rng = np.random.default_rng(seed)
    product = rng.integers(0, 60, count)
    quantity = rng.geometric(0.6, count).astype(float)
    price = np.exp(rng.normal(1.5, 0.8, 60))[product] * np.exp(rng.normal(0, 0.1, count))
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 365, count)), unit="D")
    return pd.DataFrame(
        {
            "number": np.arange(count),
            "day": days,
            "customer_id": [f"c{i}" for i in rng.integers(0, 300, count)],
            "product_id": [f"p{i}" for i in product],
            "quantity": quantity,
            "revenue": (price * quantity).round(2),
        }
    )


def with_errors() -> tuple[pd.DataFrame, dict[int, str]]:
    """The lines with errors planted in the second half of the year, and which lines have which."""
    found, rng = lines(), np.random.default_rng(9)
    chosen = rng.choice(np.arange(6_000, 12_000), 3 * PLANTED, replace=False)
    kinds = dict(zip(chosen.tolist(), np.repeat(["price x100", "price /100", "quantity x1000"], PLANTED), strict=True))
    for number, kind in kinds.items():
        column = "quantity" if kind == "quantity x1000" else "revenue"
        factor = {"price x100": 100.0, "price /100": 0.01, "quantity x1000": 1000.0}[kind]
        found[column] = found[column].where(found["number"] != number, found[column] * factor)
    return found, kinds


def flagged(rows: pd.DataFrame) -> set[int]:
    with duckdb.connect() as connection:
        connection.register("rows_", rows)
        return {line.number for line in unusual.find(connection, "SELECT * FROM rows_", 0)}


def test_planted_errors_are_found_and_little_else() -> None:
    rows, kinds = with_errors()
    found = flagged(rows)
    right = Counter(kind for number, kind in kinds.items() if number in found)
    assert sum(right.values()) / len(found) >= 0.9
    assert min(right[kind] for kind in set(kinds.values())) >= 0.85 * PLANTED
    assert flagged(rows) == found


def test_a_shop_in_order_has_hardly_an_unusual_line() -> None:
    assert len(flagged(lines())) <= 12


def test_only_lines_of_earlier_days_tell_what_is_usual() -> None:
    rows = lines()
    last = rows.index[rows["product_id"] == "p7"][-1]
    rows["revenue"] = rows["revenue"].where(rows["number"] != last, rows["revenue"] * 100)
    before = flagged(rows)
    later = rows.tail(1).assign(number=-1, day=rows["day"].max() + pd.Timedelta(days=1), product_id="p7")
    again = flagged(pd.concat([rows, later]))
    assert last in before & again


def test_a_shop_with_too_few_lines_is_not_judged() -> None:
    assert flagged(lines(count=200)) == set()


@pytest.fixture
def told(shop: Shop) -> Shop:
    """A shop whose file has 1,200 lines, one of them at a hundred times its price."""
    rows = [
        f"c{i % 40},o{i},p{i % 12},2024-{1 + i // 100:02d}-{1 + i % 28:02d} 10:00:00,{1 + i % 3},"
        f"{(5 + i % 12) * (1 + i % 7 / 100) * (100 if i == 1111 else 1):.2f}"
        for i in range(1_200)
    ]
    shop.lines(rows)
    return shop


def test_flagged_lines_are_listed_with_their_place_and_kept(told: Shop) -> None:
    assert field.command(told.workspace, "ingest").exit_code == 0
    listed = json.loads(field.command(told.workspace, "quality", "--flagged", "--json").stdout)
    assert listed["lines"][0]["place"] == "orders.csv, line 1,113"
    assert len(listed["lines"][0]["reasons"]) == 2
    assert listed["counts"]["unusual price"] == 1
    assert told.rows("count(*)") == [(1_200,)]
    said = field.command(told.workspace, "quality", "--table", "orders").output
    assert "kept, and to be looked at: unusual price 1, unusual by its own history 1" in said
