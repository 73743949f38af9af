"""Names as codes: what a build holds in memory is smaller, and says nothing else than the names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from core import query_engine
from feature_repo import catalog, code_types, shop_tables, snapshots
from feature_repo.shop_tables import ShopTables
from tests.feature_repo.shops import DAYS, FIRST, features_of, open_shop

NAMES = ["z", "Ä", "a b", "A", "", "é", "10", "9"]


@pytest.fixture(scope="module")
def shop() -> ShopTables:
    lines = pd.DataFrame(
        {
            "customer_id": [*NAMES, None],
            "order_id": [str(i) for i in range(9)],
            "product_id": [*reversed(NAMES), "unknown"],
            "ordered_at": pd.Timestamp(FIRST) + pd.to_timedelta(range(9), unit="D"),
            "quantity": 1.0,
            "revenue": 2.0,
            "store_id": None,
        }
    )
    products = pd.DataFrame({"product_id": [*NAMES, "never sold"], "category": [*NAMES, None]})
    workspace = open_shop({"orders": lines, "products": products})
    return shop_tables.tables(workspace, shop_tables.connect(workspace))


def rows(shop: ShopTables, query: str) -> list[Any]:
    return [row[0] for row in shop.engine.raw_sql(query).fetchall()]


def test_aggregates_hold_codes(shop: ShopTables) -> None:
    shop.table("category_days")
    kinds = shop.engine.raw_sql("SELECT DISTINCT typeof(customer_id), typeof(category) FROM category_days").fetchall()
    assert [kind.partition("(")[0] for kind in kinds[0]] == ["ENUM", "ENUM"]


def test_codes_are_in_the_order_of_the_texts(shop: ShopTables) -> None:
    shop.table("purchases")
    for column in ("customer_id", "product_id", "category"):
        by_code = rows(shop, f"SELECT {column} FROM purchases ORDER BY {column}")
        assert by_code == rows(shop, f"SELECT {column} FROM purchases ORDER BY CAST({column} AS VARCHAR)")
        assert sorted(by_code) == sorted(NAMES)


def test_what_nobody_bought_and_what_no_table_lists_have_a_code(shop: ShopTables) -> None:
    assert "never sold" in rows(shop, f'SELECT product_id FROM "{code_types.coded("products")}"')
    assert "unknown" in rows(shop, f'SELECT product_id FROM "{code_types.coded("orders")}"')
    assert None in rows(shop, f'SELECT customer_id FROM "{code_types.coded("orders")}"')


def test_a_column_of_nothing_may_be_coded(shop: ShopTables) -> None:
    shop.table("baskets")
    assert set(rows(shop, "SELECT store_id FROM baskets")) == {None}


@pytest.mark.parametrize("view", catalog.VIEWS)
def test_a_snapshot_holds_texts(shop: ShopTables, view: str) -> None:
    day = FIRST + timedelta(days=DAYS)
    query = snapshots.compiled(catalog.view(view), shop).prepared(shop, day)
    kinds = {row[0]: row[1] for row in shop.engine.raw_sql(f"DESCRIBE {query}").fetchall()}
    assert not [name for name, kind in kinds.items() if "ENUM" in kind]
    assert kinds[catalog.view(view).key] == "VARCHAR"


def test_lists_of_names_are_of_texts() -> None:
    with query_engine.without_workspace() as connection:
        connection.execute("CREATE TYPE letters AS ENUM ('a', 'b')")
        query = code_types.as_texts("SELECT 'a'::letters AS one, ['b'::letters] AS many, 1 AS n", ["one"], ["many"])
        assert connection.execute(query).fetchall() == [("a", ["b"], 1)]


def test_the_customers_keep_their_names(shop: ShopTables) -> None:
    day = FIRST + timedelta(days=DAYS)
    workspace = open_shop({"orders": pd.DataFrame({"customer_id": ["b'c", 'd"e'], "order_id": ["1", "2"],
        "product_id": ["p", "q"], "ordered_at": pd.Timestamp(FIRST), "quantity": 1.0, "revenue": 1.0})})  # fmt: skip
    assert list(features_of(workspace, "customer_features", day).index) == ["b'c", 'd"e']
