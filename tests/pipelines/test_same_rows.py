"""Which rows are the same: line numbers, corrections, changes of the mapping, identical lines, repeated products."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DataError
from core.workspace import Workspace
from pipelines.ingest import run
from pipelines.ingest.checks import DUPLICATE, TOLD_AGAIN
from pipelines.ingest.lone_times import usual_span
from tests.pipelines import field
from tests.pipelines.conftest import Shop, orders

COLUMNS = {name: name for name in ("customer_id", "order_id", "product_id", "ordered_at", "quantity", "revenue")}


def remap(workspace: Workspace, **orders: Any) -> None:
    """Edit the mapping's table `orders`; what is in `columns` is put over what stands there."""
    config = yaml.safe_load(workspace.mapping_file.read_text())
    config["tables"]["orders"]["columns"].update(orders.pop("columns", {}))
    config["tables"]["orders"].update(orders)
    workspace.mapping_file.write_text(yaml.safe_dump(config))


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A file of all order lines."""
    return field.write(tmp_path / "orders.csv", field.lines())


@pytest.fixture
def taken_in(tmp_path: Path, exported: Path) -> Workspace:
    """Its shop, ingested."""
    workspace = field.drafted(tmp_path / "shop", exported)
    run(workspace)
    return workspace


# --- line numbers ---


def numbered() -> list[field.Line]:
    """The lines with a number that starts anew in every order."""
    seen: dict[str, int] = {}
    rows = field.lines()
    for row in rows:
        seen[row["order_id"]] = seen.get(row["order_id"], 0) + 1
        row["line_id"] = str(seen[row["order_id"]])
    return rows


def test_a_line_number_that_starts_anew_in_every_order_keeps_all_lines(tmp_path: Path) -> None:
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", numbered()))
    report = orders(run(workspace))
    assert (report.superseded, report.quarantined_rows) == (0, 0)
    assert field.ask(workspace, field.TOTALS) == field.SHOP


def test_orders_with_numbers_that_a_file_tells_twice_are_no_bad_rows(tmp_path: Path) -> None:
    rows = numbered()
    again = [row for row in rows if row["order_id"] in {rows[0]["order_id"], rows[9]["order_id"]}]
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", [*rows, *again]))
    report = orders(run(workspace))
    assert report.quarantined == {TOLD_AGAIN: len(again)}
    assert report.rejected_share == 0
    assert field.ask(workspace, field.TOTALS) == field.SHOP


def test_a_line_with_a_number_that_stands_there_twice_alone_is_one(tmp_path: Path) -> None:
    rows = numbered()
    [line] = [row for row in rows if row["line_id"] == "2"][:1]
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", [*rows, line]))
    assert orders(run(workspace)).quarantined == {DUPLICATE: 1}


def test_a_corrected_line_with_a_number_replaces_the_old_one(tmp_path: Path) -> None:
    rows = numbered()
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", rows))
    run(workspace)
    rows[7]["revenue"] = "1000"
    field.write(tmp_path / "orders.csv", rows)
    report = orders(run(workspace))
    assert (report.added, report.replaced, report.unchanged) == (0, 1, field.LINES - 1)


def test_a_line_id_that_is_none_loses_no_line_in_silence(tmp_path: Path, exported: Path) -> None:
    """The order's own number mapped as line_id: the lines of an order would supersede each other."""
    workspace = field.drafted(tmp_path / "shop", exported)
    remap(workspace, columns={"line_id": "order_id"})
    with pytest.raises(DataError, match="order_id and line_id are those of a later row with another product_id") as no:
        run(workspace)
    assert no.value.todo is not None
    assert "map a line_id that tells the lines of an order apart" in no.value.todo


def test_tables_of_an_earlier_release_know_their_lines_again(shop: Shop) -> None:
    """There a line was known by its line_id alone."""
    header = "customer,order,product,at,qty,price,line"
    shop.map(columns={**shop.mapping["tables"]["orders"]["columns"], "line_id": "line"})
    shop.lines([f"c,o{i},p,2024-03-01,1,1,L{i}" for i in range(9)], header)
    run(shop.workspace)
    [file] = shop.workspace.tables.files("orders")
    shop.rewrite(file, "SELECT * REPLACE (line_id AS row_key)")
    shop.lines([f"c,o{i},p,2024-03-01,{2 if i == 4 else 1},1,L{i}" for i in range(10)], header)
    report = orders(run(shop.workspace))
    assert (report.added, report.replaced, report.unchanged) == (1, 1, 8)
    assert len(shop.rows("1")) == 10


# --- a changed mapping, a corrected export ---


def test_one_more_mapped_column_brings_no_line_twice(tmp_path: Path) -> None:
    rows = [{**line, "Land": "Kent"} for line in field.lines()]
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", rows))
    config = yaml.safe_load(workspace.mapping_file.read_text())
    del config["tables"]["orders"]["columns"]["region"]
    workspace.mapping_file.write_text(yaml.safe_dump(config))
    run(workspace)
    remap(workspace, columns={"region": "Land"})
    said = field.command(workspace, "ingest").output
    assert "the mapping of orders has changed since the last ingest (columns.region)" in said
    assert "regulars ingest --replace orders" in said
    assert field.ask(workspace, f"{field.TOTALS}, count(region)") == (*field.SHOP, field.LINES)


def test_a_mended_zone_brings_no_line_twice(taken_in: Workspace) -> None:
    remap(taken_in, timestamps={"zone": "Europe/Berlin"})
    report = orders(run(taken_in))
    assert (report.added, report.replaced) == (0, field.LINES)
    assert "formats.zone" in report.notes[0]
    assert field.ask(taken_in, f"{field.TOTALS}, min(ordered_at)") == (*field.SHOP, datetime(2022, 1, 3, 15, 27))


@pytest.mark.parametrize(
    "columns",
    [{"line_id": "order_id || '-' || product_id || '-' || quantity"}, {"customer_id": "'K' || customer_id"}],
    ids=["a line_id", "another customer"],
)
def test_any_other_change_of_a_column_brings_no_line_twice(taken_in: Workspace, columns: dict[str, str]) -> None:
    remap(taken_in, columns=columns)
    run(taken_in)
    assert field.ask(taken_in, field.TOTALS) == field.SHOP


def test_a_change_after_which_no_row_is_known_is_refused_and_says_what_to_do(taken_in: Workspace) -> None:
    remap(taken_in, columns={"order_id": "'A' || order_id"})
    said = field.command(taken_in, "ingest")
    assert said.exit_code == 1
    assert "columns.order_id" in said.output
    assert "regulars ingest --replace orders" in said.output
    assert field.ask(taken_in, field.TOTALS) == field.SHOP
    run(taken_in, replace="orders")
    assert field.ask(taken_in, f"{field.TOTALS}, min(order_id)[1]") == (*field.SHOP, "A")


def test_corrected_prices_take_the_place_of_the_wrong_ones(tmp_path: Path, taken_in: Workspace) -> None:
    rows = field.lines()
    for row in rows[::100]:
        row["revenue"] = str(float(row["revenue"]) + 1)
    field.write(tmp_path / "orders.csv", rows)
    report = orders(run(taken_in))
    assert (report.added, report.replaced, report.unchanged) == (0, 36, field.LINES - 36)
    assert field.ask(taken_in, field.TOTALS) == (field.LINES, field.UNITS, field.REVENUE + 36)


def test_a_line_that_became_another_products_or_times_takes_the_place_of_the_old(
    tmp_path: Path, taken_in: Workspace
) -> None:
    rows = field.lines()
    rows[10]["product_id"] = "another"
    rows[30]["ordered_at"] = f"{date.fromisoformat(rows[30]['ordered_at'][:10]) + timedelta(days=9)} 10:00:00"
    field.write(tmp_path / "orders.csv", rows)
    report = orders(run(taken_in))
    assert (report.added, report.replaced, report.unchanged) == (0, 2, field.LINES - 2)
    assert any("2 orders have other lines than were in force" in note for note in report.notes)
    assert field.ask(taken_in, field.TOTALS) == field.SHOP


@pytest.mark.parametrize("other", [{"customer_id": "somebody"}, {"ordered_at": "2022-06-01 10:00:00"}, {}])
def test_a_delivery_with_a_number_that_is_used_again_leaves_the_old_order_alone(
    tmp_path: Path, taken_in: Workspace, other: field.Line
) -> None:
    """It holds only what is new; without `other` a part of an order that was taken in before."""
    field.write(tmp_path / "orders.csv", [{**field.lines()[10], "product_id": "another", **other}])
    report = orders(run(taken_in))
    assert (report.added, report.replaced) == (1, 0)


def test_a_return_under_the_number_of_its_order_is_a_line_of_its_own(tmp_path: Path, taken_in: Workspace) -> None:
    """A delivery that holds only what is new: the purchase is not in it, and stays."""
    row = field.lines()[0]
    row["quantity"], row["revenue"] = f"-{row['quantity']}", f"-{row['revenue']}"
    field.write(tmp_path / "orders.csv", [row])
    assert orders(run(taken_in)).added == 1
    assert field.ask(taken_in, "count(*)") == (field.LINES + 1,)


def test_new_orders_under_a_changed_mapping_leave_the_old_ones_alone(tmp_path: Path, taken_in: Workspace) -> None:
    """The till was replaced: the file has other columns from now on, and the old orders are not in it."""
    rows = [
        {**line, "land": "Kent", "ordered_at": line["ordered_at"].replace("2022", "2023")} for line in field.lines()
    ]
    field.write(tmp_path / "orders.csv", rows)
    remap(taken_in, columns={"region": "land"})
    report = orders(run(taken_in))
    assert (report.added, report.replaced) == (field.LINES, 0)
    assert f"{field.LINES:,} rows in force are not in the source" in report.notes[0]


def test_a_changed_mapping_of_events_brings_none_twice(shop: Shop) -> None:
    shop.lines(["c,o,p,2024-03-01,1,1"])
    header = "customer_id,occurred_at,kind,text"
    shop.lines([f"c{i},2024-03-01 10:00:{i:02d},search,tea" for i in range(40)], header, "events.csv")
    columns = {name: name for name in ("customer_id", "occurred_at", "kind")}
    shop.add_table("events", **{"from": "events.csv", "columns": columns})
    run(shop.workspace)
    shop.add_table("events", **{"from": "events.csv", "columns": {**columns, "text": "text"}})
    run(shop.workspace)
    assert shop.rows("count(*), count(text)", "events") == [(40, 40)]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), corrected=st.sets(st.integers(0, 59), max_size=20))
def test_after_any_corrected_export_the_table_is_what_the_export_says(
    tmp_path_factory: pytest.TempPathFactory, seed: int, corrected: set[int]
) -> None:
    """Whatever the order of its rows; and ingested once more it changes nothing."""
    shop = Shop(tmp_path_factory.mktemp("corrected") / "shop")
    rows = [[f"c{i % 7}", f"o{i // 3}", f"p{i % 2}", f"2024-03-{1 + i // 3:02d}", "1", f"{1 + i}"] for i in range(60)]
    shop.lines([",".join(row) for row in rows])
    run(shop.workspace)
    for place in corrected:
        rows[place][-1] = f"{200 + place}"
    random.Random(seed).shuffle(rows)
    shop.lines([",".join(row) for row in rows])
    run(shop.workspace)
    told = sorted((row[1], row[2], float(row[-1])) for row in rows)
    assert sorted(shop.rows("order_id, product_id, revenue")) == told
    generation = shop.workspace.tables.generation
    assert run(shop.workspace).generation == generation


# --- identical lines ---


def pieces() -> list[field.Line]:
    """One row a piece: 6,052 rows of quantity 1."""
    rows = []
    for line in field.lines():
        price = round(float(line["revenue"]) / int(line["quantity"]), 2)
        rows += [{**line, "quantity": "1", "revenue": f"{price}"}] * int(line["quantity"])
    return rows


def test_identical_lines_are_refused_with_the_way_to_keep_them(tmp_path: Path) -> None:
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", pieces()))
    remap(workspace, identical_rows="set_aside")
    said = field.command(workspace, "ingest")
    assert said.exit_code == 1
    assert "map a line_id" in said.output
    assert "identical_rows: keep" in said.output


def test_identical_lines_that_are_kept_are_the_same_ones_the_next_time(tmp_path: Path) -> None:
    rows = pieces()
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", rows))
    remap(workspace, identical_rows="keep")
    run(workspace)
    assert field.ask(workspace, "count(*), count(DISTINCT row_key), sum(revenue)") == (6_052, 6_052, field.REVENUE)
    field.write(tmp_path / "orders.csv", rows[::-1])
    report = orders(run(workspace))
    assert (report.added, report.replaced, report.unchanged) == (0, 0, 6_052)


# --- products out of order lines ---


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(["Mug", "mug", "damaged", "?", ""]), min_size=1, max_size=12), seed=st.integers())
def test_a_product_has_the_name_most_lines_use_in_whatever_order_they_come(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], seed: int
) -> None:
    """An empty name is never it; of equally frequent ones it is always the same."""
    shop = Shop(tmp_path_factory.mktemp("names") / "shop")
    columns = {"product_id": "product", "name": "name"}
    shop.add_table("products", **{"from": "orders.csv", "columns": columns, "distinct": True})
    lines = [f"c,o{i},p,2024-03-01,1,1,{name}" for i, name in enumerate(names)]
    filled = [name for name in names if name]
    best = max((filled.count(name) for name in filled), default=0)
    expected = min((name for name in filled if filled.count(name) == best), default=None)
    for _ in range(2):
        shop.lines(lines, "customer,order,product,at,qty,price,name")
        run(shop.workspace)
        assert shop.rows("product_id, name", "products") == [("p", expected)]
        random.Random(seed).shuffle(lines)


def test_the_names_of_the_field_are_those_most_lines_use(tmp_path: Path) -> None:
    rows = field.lines()
    last = {row["product_id"]: row for row in rows}
    for row, name in zip(list(last.values()), ("damaged", "?", ""), strict=False):
        row["name"] = name
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", rows))
    run(workspace)
    wrong = "count(*) FILTER (name IS NULL OR name IN ('damaged', '?')), count(*)"
    assert field.ask(workspace, wrong, "products") == (0, field.PRODUCTS)


def test_a_later_delivery_without_a_name_leaves_the_name_known(shop: Shop) -> None:
    columns = {"product_id": "product", "name": "name"}
    shop.add_table("products", **{"from": "orders.csv", "columns": columns, "distinct": True})
    for line in ("c,o1,p,2024-03-01,1,1,Mug", "c,o2,p,2024-03-02,1,1,"):
        shop.lines([line], "customer,order,product,at,qty,price,name")
        run(shop.workspace)
    assert shop.rows("name", "products") == [("Mug",)]


# --- columns only the first line of an order fills ---


def test_what_only_the_first_line_of_an_order_says_holds_for_all_its_lines(shop: Shop) -> None:
    shop.map(fill_down=["customer", "at"])
    shop.lines(["ann,o1,p1,2024-03-01,1,1", ",o1,p2,,1,1", ",o2,p1,2024-03-02,1,1", ",o2,p2,,1,1", ",o1,p3,,1,1"])
    run(shop.workspace)
    assert sorted(shop.rows("order_id, product_id, coalesce(customer_id, 'guest'), CAST(day AS VARCHAR)")) == [
        ("o1", "p1", "ann", "2024-03-01"),
        ("o1", "p2", "ann", "2024-03-01"),
        ("o1", "p3", "ann", "2024-03-01"),
        ("o2", "p1", "guest", "2024-03-02"),
        ("o2", "p2", "guest", "2024-03-02"),
    ]


def test_a_line_without_an_order_belongs_to_the_order_above(shop: Shop) -> None:
    shop.map(fill_down=["order", "customer", "at"])
    shop.lines(["ann,o1,p1,2024-03-01,1,1", ",,p2,,1,1", ",o2,p1,2024-03-02,1,1"])
    run(shop.workspace)
    assert sorted(shop.rows("order_id, product_id, customer_id"))[:2] == [("o1", "p1", "ann"), ("o1", "p2", "ann")]
    assert shop.rows("customer_id IS NULL").count((True,)) == 1


# --- a wrong year ---


@pytest.mark.parametrize(
    "wrong",
    [["2025-03-01"], ["1970-01-01"], ["1970-01-01", "2025-03-01"], ["2023-09-09"] * 5, ["1900-01-01", "2019-05-05"]],
    ids=["2025", "1970", "both", "five of the next year", "two far back"],
)
def test_lone_wrong_years_are_set_aside_before_anything_is_built(tmp_path: Path, wrong: list[str]) -> None:
    rows = field.lines()
    for row, day in zip(rows[1_500::100], wrong, strict=False):
        row["ordered_at"] = f"{day} 12:00:00"
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", rows))
    tried = field.command(workspace, "ingest", "--dry-run").output
    assert "FAIL  orders: never 'ordered_at lies far from all other rows'" in tried
    assert f"line 1,502 ordered_at='{wrong[0]} 12:00:00'" in tried
    report = orders(run(workspace))
    assert report.quarantined == {"ordered_at lies far from all other rows": len(wrong)}
    assert f"line 1,502 ordered_at='{wrong[0]} 12:00:00'" in report.notes[0]
    assert (workspace.tables.first_day(), workspace.tables.last_day()) == (date(2022, 1, 3), date(2022, 10, 29))


def test_a_lone_line_in_a_later_delivery_is_set_aside_as_well(tmp_path: Path, taken_in: Workspace) -> None:
    rows = [
        {**field.lines()[0], "order_id": f"n{i}", "ordered_at": f"{year}-10-30"} for i, year in ((1, 2022), (2, 2025))
    ]
    field.write(tmp_path / "orders.csv", rows)
    with pytest.raises(DataError, match="1 of 2 rows are bad"):
        run(taken_in)
    field.write(tmp_path / "orders.csv", [*field.lines(), *rows])
    run(taken_in)
    assert taken_in.tables.last_day() == date(2022, 10, 30)


def days(*runs: tuple[str, int, int]) -> list[tuple[date, int]]:
    """Runs of days: the first one, how many, and the lines of each."""
    return [(date.fromisoformat(first) + timedelta(days=n), lines) for first, many, lines in runs for n in range(many)]


@pytest.mark.parametrize(
    "usual",
    [
        days(("2022-01-01", 300, 10)),
        days(("2020-11-20", 35, 50), ("2021-11-20", 35, 50), ("2022-11-20", 35, 50)),
        days(("2022-01-01", 300, 10), ("2023-02-01", 1, 40)),
        days(("2022-01-01", 10, 3), ("2025-01-01", 1, 1)),
        [(date(2019, 1, 1) + timedelta(days=40 * n), 2) for n in range(40)],
    ],
    ids=["every day", "a Christmas market", "reopened with 40 lines", "too few lines to say", "every 40 days"],
)
def test_a_shop_with_pauses_of_its_own_keeps_its_days(usual: list[tuple[date, int]]) -> None:
    assert usual_span(usual) == (None, None)
