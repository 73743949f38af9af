"""From a feature back to the shop's files: every stored row has the line it stands on, and keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable

import duckdb
import pytest

from core import row_places
from core.errors import DataError, UsageError
from core.workspace import Workspace
from feature_repo import snapshots
from pipelines import tracing
from pipelines.ingest import readmission, run
from tests.pipelines import field
from tests.pipelines.conftest import Shop


def places(shop: Shop, columns: str = "order_id, product_id", table: str = "orders") -> set[tuple[object, ...]]:
    """Some columns of every stored row, and the place where it stands."""
    space = shop.workspace
    known = row_places.readings(space)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT {columns}, {row_places.READING}, {row_places.POSITION}"
            f" FROM ({row_places.placed_rows(space, table)})"
        ).fetchall()
    return {(*values, row_places.said(known.get(reading), position)) for *values, reading, position in rows}


def test_every_stored_row_leads_to_the_line_that_tells_it(shop: Shop, good_lines: Callable[[int], list[str]]) -> None:
    lines = [*good_lines(40), "", "007,o99,p1,never,1,1", *good_lines(50)[40:]]
    shop.lines(lines)
    shop.mapping["tables"]["products"] = {"from": "orders.csv", "distinct": True, "columns": {"product_id": "product"}}
    shop.map()
    run(shop.workspace)
    written = (shop.root / "orders.csv").read_text().splitlines()
    told = {
        (*text.split(",")[1:3], f"orders.csv, line {number}")
        for number, text in enumerate(written, 1)
        if number > 1 and text and "never" not in text
    }
    assert places(shop) == told
    assert {place for _, place in places(shop, "product_id", "products")} <= {place for _, _, place in told}


def test_rows_keep_their_place_when_the_table_is_written_anew(
    shop: Shop, good_lines: Callable[[int], list[str]]
) -> None:
    keyed = [f"{line},{number}" for number, line in enumerate(good_lines(4))]
    header = "customer,order,product,at,qty,price,line"
    shop.map(columns={**shop.mapping["tables"]["orders"]["columns"], "line_id": "line"})
    shop.lines(keyed, header)
    run(shop.workspace)
    changed = keyed[1].replace(",p1,", ",p1,", 1).rsplit(",", 3)
    shop.lines([f"{changed[0]},9,9.5,{changed[3]}"], header, name="later.csv")
    shop.map(**{"from": "later.csv"})
    run(shop.workspace)
    assert {place for *_, place in places(shop)} == {
        "orders.csv, line 2",
        "later.csv, line 2",
        "orders.csv, line 4",
        "orders.csv, line 5",
    }


def test_rows_of_several_files_name_theirs(shop: Shop, good_lines: Callable[[int], list[str]]) -> None:
    lines = good_lines(6)
    shop.lines(lines[:2], name="orders-1.csv")
    shop.lines(lines[2:], name="orders-2.csv")
    shop.map(**{"from": "orders-*.csv"})
    run(shop.workspace)
    found = {place for *_, place in places(shop)}
    assert {"orders-1.csv, line 3", "orders-2.csv, line 5"} <= found
    digests = {reading.file: reading.digest for reading in row_places.readings(shop.workspace).values()}
    assert len(set(digests.values())) == 2


def test_a_released_row_stands_where_it_was_set_aside(shop: Shop, good_lines: Callable[[int], list[str]]) -> None:
    lines = good_lines(60)
    shop.lines([*lines[:10], lines[20], *lines[10:]])
    run(shop.workspace)
    readmission.readmit(shop.workspace, "orders", as_is=True, because="two were sold")
    assert len(shop.rows("*")) == 61
    assert {place for *_, place in places(shop)} == {f"orders.csv, line {n}" for n in range(2, 63)}


def test_the_readings_of_what_is_in_force_are_remembered_and_no_others(
    shop: Shop, good_lines: Callable[[int], list[str]]
) -> None:
    shop.lines(good_lines(10))
    run(shop.workspace)
    shop.lines(good_lines(12))
    run(shop.workspace, replace="orders")
    assert [reading.number for reading in row_places.readings(shop.workspace).values()] == [2]
    assert len(list(row_places.folder(shop.workspace, "orders").iterdir())) == 1


def test_a_feature_leads_to_columns_files_and_the_lines_of_a_customer(
    shop: Shop, good_lines: Callable[[int], list[str]]
) -> None:
    shop.lines(good_lines(60))
    run(shop.workspace)
    snapshots.ensure(shop.workspace, "customer_features", [shop.workspace.tables.last_day()])
    found = tracing.trace(shop.workspace, "customer_features.revenue_28d", customer="003")
    sources = {(column.table, column.column): column.source for column in found.columns}
    assert sources["orders", "revenue"] == "qty * price"
    assert [(file.file, file.rows) for file in found.files] == [("orders.csv", 60)]
    assert found.entity is not None
    text = (shop.root / "orders.csv").read_text().splitlines()
    assert {text[line.position - 1].partition(",")[0] for line in found.entity.lines if line.position} == {"003"}
    days = [line.day for line in found.entity.lines if line.day]
    assert days == sorted(days, reverse=True)
    assert max(days) < found.entity.as_of


def test_the_command_says_it_for_persons_and_machines(shop: Shop, good_lines: Callable[[int], list[str]]) -> None:
    shop.lines(good_lines(30))
    run(shop.workspace)
    said = field.command(shop.workspace, "lineage", "churn_v1.days_since_last_visit", "--customer", "003").output
    assert "ordered_at   at" in said
    assert "orders.csv, line 5" in said
    document = json.loads(field.command(shop.workspace, "lineage", "days_since_last_visit", "--json").output)
    assert document["feature"]["family"] == "recency"
    assert document["files"][0]["unit"] == "line"


@pytest.mark.parametrize(
    ("name", "customer", "product", "says"),
    [
        ("churn_v1.days_since_last_vist", None, None, "did you mean 'days_since_last_visit'"),
        ("chrn_v1.days_since_last_visit", None, None, "did you mean 'churn_v1'"),
        ("lines_28d", None, None, "say which: customer_features.lines_28d or"),
        ("days_since_last_visit", None, "p1", "use --customer alone"),
        ("sold_days", "003", None, "several views"),
    ],
)
def test_what_can_not_be_meant_is_refused(
    small_shop_readonly: Workspace, name: str, customer: str | None, product: str | None, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        tracing.trace(small_shop_readonly, name, customer=customer, product=product)


def test_a_customer_nobody_knows_and_rows_from_before_are_said(small_shop_readonly: Workspace) -> None:
    with pytest.raises(DataError, match="nothing is known of customer '3'"):
        tracing.trace(small_shop_readonly, "days_since_last_visit", customer="3")
    found = tracing.trace(small_shop_readonly, "days_since_last_visit", customer="c003")
    assert found.unplaced["orders"] == small_shop_readonly.tables.rows("orders")
    assert found.entity is not None
    assert {line.place for line in found.entity.lines} == {"a place that was not noted"}
