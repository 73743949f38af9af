"""What goes in comes out typed, once, and nothing is lost in silence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DataError, MappingError, StoreError, UsageError
from feature_repo.contract import TABLES
from pipelines.ingest import run
from tests.pipelines.conftest import Shop, orders

Lines = Callable[[int], list[str]]


def test_every_contract_column_is_stored_with_its_type(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(10))
    run(shop.workspace)
    described = duckdb.execute(f"DESCRIBE SELECT * FROM '{shop.workspace.tables.files('orders')[0]}'").fetchall()
    assert {row[0]: row[1] for row in described} == dict(TABLES["orders"].stored)


def test_a_line_is_typed_and_its_day_is_cut_in_the_shops_zone(shop: Shop) -> None:
    shop.lines(["007,o1,p1,2024-07-01 00:30:00,2,1.5"])
    run(shop.workspace)
    assert shop.rows("customer_id, ordered_at, day, local_at, quantity, revenue") == [
        ("007", datetime(2024, 6, 30, 23, 30), date(2024, 7, 1), datetime(2024, 7, 1, 0, 30), 2.0, 3.0)
    ]


def test_times_with_an_offset_keep_their_moment(shop: Shop) -> None:
    shop.lines([f"c,o{i},p,{text},1,1" for i, text in enumerate(["2024-07-01T00:30:00Z", "2024-07-01 02:30:00+02:00"])])
    run(shop.workspace)
    assert shop.rows("DISTINCT ordered_at, local_at") == [(datetime(2024, 7, 1, 0, 30), datetime(2024, 7, 1, 1, 30))]


def test_ids_stay_as_written_and_whole_floats_lose_their_point(shop: Shop) -> None:
    shop.lines(["007,1e3,17850.0,2024-03-01,1,1", ",0012,A.0,2024-03-01,1,1"])
    run(shop.workspace)
    rows = shop.rows("coalesce(customer_id, 'guest'), order_id, product_id")
    assert sorted(rows) == [("007", "1e3", "17850"), ("guest", "0012", "A.0")]


def test_the_same_file_twice_changes_nothing(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(100))
    first = run(shop.workspace)
    before = shop.files()
    second = run(shop.workspace)
    assert (orders(first).added, orders(second).added, orders(second).unchanged) == (100, 0, 100)
    assert second.generation == first.generation
    assert shop.files() == before


def test_the_same_rows_in_another_file_change_nothing(shop: Shop, good_lines: Lines) -> None:
    lines = good_lines(100)
    shop.lines(lines)
    generation = run(shop.workspace).generation
    shop.lines(lines[::-1])
    report = run(shop.workspace)
    assert not orders(report).skipped
    assert (orders(report).unchanged, report.generation) == (100, generation)


def test_appended_lines_are_all_that_is_added(shop: Shop, good_lines: Lines) -> None:
    lines = good_lines(100)
    shop.lines(lines[:60])
    run(shop.workspace)
    old = shop.workspace.tables.files("orders")
    shop.lines(lines)
    report = run(shop.workspace)
    assert (orders(report).added, orders(report).unchanged) == (40, 60)
    assert shop.workspace.tables.files("orders")[: len(old)] == old
    assert shop.workspace.tables.rows("orders") == 100


def test_a_commit_says_from_which_day_on_facts_changed(shop: Shop) -> None:
    shop.lines(["c,o1,p,2024-03-01,1,1", "c,o2,p,2024-03-09,1,1"])
    run(shop.workspace)
    before = shop.workspace.tables
    shop.lines(["c,o1,p,2024-03-01,1,1", "c,o2,p,2024-03-09,1,1", "c,o3,p,2024-03-05,1,1"])
    run(shop.workspace)
    tables = shop.workspace.tables
    assert tables.digest(date(2024, 3, 5)) == before.digest(date(2024, 3, 5))
    assert tables.digest(date(2024, 3, 6)) != before.digest(date(2024, 3, 6))
    assert (tables.first_day(), tables.last_day()) == (date(2024, 3, 1), date(2024, 3, 9))


def test_a_known_line_with_new_values_replaces_the_old_one(shop: Shop) -> None:
    shop.map(columns={**shop.mapping["tables"]["orders"]["columns"], "line_id": "line"})
    header = "customer,order,product,at,qty,price,line"
    shop.lines(["a,o1,p,2024-03-01,1,1,L1", "b,o2,p,2024-03-02,1,1,L2"], header)
    run(shop.workspace)
    shop.lines(["a,o1,p,2024-03-01,3,1,L1", "b,o2,p,2024-03-02,1,1,L2"], header)
    report = orders(run(shop.workspace))
    assert (report.added, report.replaced, report.unchanged) == (0, 1, 1)
    assert sorted(shop.rows("line_id, quantity")) == [("L1", 3.0), ("L2", 1.0)]


def test_the_last_of_several_values_for_one_key_wins_and_is_counted(shop: Shop) -> None:
    shop.lines(["c,o,p1,2024-03-01,1,1"])
    shop.write("products.csv", "sku,title\np1,old\np2,two\np1,new\n")
    shop.add_table("products", **{"from": "products.csv", "columns": {"product_id": "sku", "name": "title"}})
    report = next(t for t in run(shop.workspace).tables if t.table == "products")
    assert (report.superseded, report.added) == (1, 2)
    assert sorted(shop.rows("product_id, name", "products")) == [("p1", "new"), ("p2", "two")]


def test_distinct_takes_products_out_of_order_lines(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(50))
    shop.add_table("products", **{"from": "orders.csv", "columns": {"product_id": "product"}, "distinct": True})
    report = next(t for t in run(shop.workspace).tables if t.table == "products")
    assert (report.added, report.repeated, report.quarantined_rows) == (5, 45, 0)


def test_one_bad_row_in_a_thousand_goes_to_quarantine_with_its_reason_and_line(shop: Shop, good_lines: Lines) -> None:
    lines = good_lines(1000)
    lines[499] = "c,o,p,2024-03-01,many,2"
    shop.lines(lines)
    report = orders(run(shop.workspace))
    assert (report.added, report.quarantined_rows) == (999, 1)
    [bad] = shop.quarantine()
    assert bad["position"] == 501
    assert "quantity is not a number" in bad["reason"]
    assert (bad["raw_qty"], bad["source"], bad["unit"]) == ("many", "orders.csv", "line")


def test_too_many_bad_rows_change_nothing_and_are_counted(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(100))
    run(shop.workspace)
    before = shop.files()
    lines = good_lines(100)
    lines[:60] = [f"c,o,p,yesterday,{i},2" for i in range(60)]
    shop.lines(lines)
    with pytest.raises(DataError) as caught:
        run(shop.workspace)
    assert "60 of 100 rows are bad (60.0%)" in caught.value.what
    assert "ordered_at is not a timestamp (1900 to 2200) 60" in caught.value.what
    assert "such as line 2 " in caught.value.what
    assert "yesterday" in caught.value.what
    assert caught.value.exit_code == 1
    assert {k: v for k, v in shop.files().items() if k != "orders.csv"} == {
        k: v for k, v in before.items() if k != "orders.csv"
    }


BAD_ROWS = {
    "a missing order": ("c,,p,2024-03-01,1,1", "order_id is empty"),
    "no date": ("c,o,p,soon,1,1", "ordered_at is not a timestamp (1900 to 2200)"),
    "a date in year 22024": ("c,o,p,22024-03-01,1,1", "ordered_at is not a timestamp (1900 to 2200)"),
    "an empty quantity": ("c,o,p,2024-03-01,,1", "quantity is empty"),
    "a word for nothing": ("c,o,p,2024-03-01,nan,1", "quantity is empty"),
    "not a number": ("c,o,p,2024-03-01,many,1", "quantity is not a number"),
    "a number that may be two": ('c,o,p,2024-03-01,"1,200",1', "quantity is not a number"),
    "an id that lost its digits": ("c,o,4.00638E+12,2024-03-01,1,1", "product_id is not an id: digits are lost"),
    "an open quote": ('c,o,"p,2024-03-01,1,1', "the line can't be read: a quote is opened in it and not closed"),
    "infinitely many": ("c,o,p,2024-03-01,inf,1", "quantity is not a number"),
    "a price that is none": ("c,o,p,2024-03-01,1,free", "revenue can't be computed"),
    "the future": ("c,o,p,2124-03-01,1,1", "ordered_at is later than the clock"),
    "too few columns": ("c,o,p", "the line can't be read: missing columns"),
    "too many columns": ("c,o,p,2024-03-01,1,1,1", "the line can't be read: too many columns"),
    "the same again": ("000,o0,p0,2024-03-01 10:00:00,1,1.0", "exact duplicate of another row"),
}


@pytest.mark.parametrize(("line", "reason"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_bad_row_is_set_aside_for_what_is_wrong_with_it(
    shop: Shop, good_lines: Lines, line: str, reason: str
) -> None:
    lines = good_lines(50)
    lines.insert(20, line)
    shop.lines(lines)
    report = orders(run(shop.workspace))
    assert (report.read, report.added, report.quarantined_rows) == (51, 50, 1)
    assert any(text.startswith(reason) for text in report.quarantined)
    [bad] = shop.quarantine()
    assert reason in bad["reason"]
    assert bad["position"] == 22


def test_quantity_zero_returns_guests_and_unknown_products_are_valid(shop: Shop) -> None:
    shop.lines(["c,o1,p,2024-03-01,0,1", "c,o2,p,2024-03-01,-2,1", ",o3,nobody knows it,2024-03-01,1,1"])
    assert orders(run(shop.workspace)).added == 3


def test_a_negative_discount_and_an_impossible_promotion_are_bad(shop: Shop) -> None:
    shop.mapping["tables"]["orders"]["columns"]["discount"] = "off"
    shop.lines(
        [f"c,o{i},p,2024-03-01,1,1,{-1 if i == 3 else 0.5}" for i in range(40)],
        "customer,order,product,at,qty,price,off",
    )
    promotions = [f"p{i},2024-03-0{2 if i == 5 else 1},2024-03-01" for i in range(40)]
    shop.lines(promotions, "sku,start,end", "promotions.csv")
    columns = {"product_id": "sku", "starts_on": "start", "ends_on": "end"}
    shop.add_table("promotions", **{"from": "promotions.csv", "columns": columns})
    report = {table.table: dict(table.quarantined) for table in run(shop.workspace).tables}
    assert report["orders"] == {"discount is below 0": 1}
    assert report["promotions"] == {"ends_on is before starts_on": 1}


def test_lines_count_quoted_breaks_blank_lines_and_broken_lines(shop: Shop) -> None:
    lines = [
        "c,o1,p,2024-03-01,1,1",  # 2
        '"c\nd",o2,p,2024-03-01,1,1',  # 3-4
        "",  # 5
        "c,o3",  # 6, broken
        "c,o4,p,2024-03-01,1,1",  # 7
        "c,o5,p,2024-03-01,bad,1",  # 8
        *[f"c,x{i},p,2024-03-01,1,1" for i in range(60)],
    ]
    shop.lines(lines)
    run(shop.workspace)
    assert [(row["position"], row["raw_order"] or row["raw_line"]) for row in shop.quarantine()] == [
        (6, "c,o3"),
        (8, "o5"),
    ]


def test_where_leaves_rows_out_and_counts_them(shop: Shop) -> None:
    shop.map(where="customer is not null and qty > 0", constants={"channel": "web"})
    shop.lines(["c,o1,p,2024-03-01,1,1", ",o2,p,2024-03-01,1,1", "c,o3,p,2024-03-01,-1,1"])
    report = orders(run(shop.workspace))
    assert (report.read, report.filtered, report.added) == (3, 2, 1)
    assert shop.rows("order_id, channel") == [("o1", "web")]


def test_a_row_where_can_not_judge_is_bad_not_lost(shop: Shop, good_lines: Lines) -> None:
    shop.map(where="qty > 0")
    shop.lines([*good_lines(50), "c,o,p,2024-03-01,lots,1"])
    report = orders(run(shop.workspace))
    assert report.quarantined["where can't be computed"] == 1
    assert report.filtered == 0


def test_a_where_that_is_no_condition_is_refused(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(5))
    shop.map(where="qty")
    with pytest.raises(MappingError, match=r'mapping\.yaml, orders\.where: "qty" is no condition'):
        run(shop.workspace)


def test_money_is_converted_at_the_last_rate_before_the_day(shop: Shop) -> None:
    shop.mapping["tables"]["orders"]["columns"].update(currency="cur")
    shop.lines(
        [
            "c,o1,p,2024-03-01,1,10,GBP",
            "c,o2,p,2024-03-05,1,10,EUR",
            "c,o3,p,2024-03-20,1,10,EUR",
            "c,o4,p,2024-03-20,1,10,",
            "c,o5,p,2024-03-02,1,10,EUR",
            *[f"c,x{i},p,2024-03-01,1,10,GBP" for i in range(60)],
        ],
        "customer,order,product,at,qty,price,cur",
    )
    shop.lines(["2024-03-03,EUR,0.8", "2024-03-10,EUR,0.9"], "date,currency,rate", "rates.csv")
    shop.add_table("fx_rates", **{"from": "rates.csv", "columns": {c: c for c in ("date", "currency", "rate")}})
    report = orders(run(shop.workspace))
    assert report.quarantined == {"no rate for the currency at or before the day": 1}
    assert sorted(shop.rows("order_id, revenue")[:200])[:4] == [("o1", 10.0), ("o2", 8.0), ("o3", 9.0), ("o4", 10.0)]


def test_a_corrected_rate_replaces_what_was_converted_by_it(shop: Shop) -> None:
    shop.mapping["tables"]["orders"]["columns"].update(currency="cur")
    shop.lines(["c,o1,p,2024-03-05,1,10,EUR"], "customer,order,product,at,qty,price,cur")
    columns = {c: c for c in ("date", "currency", "rate")}
    for rate in ("0.8", "0.9"):
        shop.lines([f"2024-03-03,EUR,{rate}"], "date,currency,rate", "rates.csv")
        shop.add_table("fx_rates", **{"from": "rates.csv", "columns": columns})
        report = orders(run(shop.workspace))
    assert (report.replaced, report.added) == (1, 0)
    assert shop.rows("revenue") == [(9.0,)]


def test_replace_forgets_what_the_source_no_longer_has(shop: Shop, good_lines: Lines) -> None:
    lines = good_lines(80)
    shop.lines(lines)
    run(shop.workspace)
    shop.lines(lines[:30])
    assert orders(run(shop.workspace)).unchanged == 30
    assert shop.workspace.tables.rows("orders") == 80
    assert orders(run(shop.workspace, replace="orders")).added == 30
    assert shop.workspace.tables.rows("orders") == 30
    assert not orders(run(shop.workspace)).changed


def test_replace_of_a_table_that_is_not_mapped_names_the_nearest(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(5))
    with pytest.raises(UsageError, match="did you mean 'orders'"):
        run(shop.workspace, replace="order")


def test_a_dry_run_names_its_checks_shows_examples_and_changes_nothing(shop: Shop, good_lines: Lines) -> None:
    shop.lines([*good_lines(100), "c,o,p,2024-03-01,many,2"])
    before = shop.files()
    report = run(shop.workspace, dry_run=True)
    failed = {check.name: check for check in report.checks if not check.passed}
    assert failed["orders: never 'quantity is not a number'"].examples == ("line 102 qty='many'",)
    assert any(check.passed for check in report.checks)
    assert report.passed
    assert orders(report).added == 100
    assert report.features["orders"]
    assert not report.features["events"]
    assert shop.files() == before


def test_a_dry_run_of_a_bad_file_says_that_it_would_be_refused(shop: Shop) -> None:
    shop.lines(["c,o,p,never,1,1", "c,o,p,2024-03-01,1,1"])
    assert not run(shop.workspace, dry_run=True).passed


def test_unusual_quantities_and_prices_are_counted_and_kept(shop: Shop) -> None:
    lines = [f"c,o{i},p,2024-03-01,{1 + i % 2},2" for i in range(40)]
    shop.lines([*lines, "c,o98,p,2024-03-01,1,500", "c,o99,p,2024-03-01,9000,2"])
    report = orders(run(shop.workspace))
    assert report.flagged == {"unusual quantity": 1, "unusual price": 1}
    assert report.added == 42


def test_protected_attributes_are_stored_apart(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(5))
    shop.lines(["000,gender,f", ",gender,m", *[f"{i:03d},gender,m" for i in range(1, 60)]], "id,what,is", "people.csv")
    columns = {"customer_id": "id", "attribute": "what", "value": "is"}
    shop.add_table("protected", **{"from": "people.csv", "columns": columns})
    run(shop.workspace)
    tables = shop.workspace.tables
    assert "protected" not in tables.names()
    assert [path.parent.name for path in tables.protected_files()] == ["protected"]
    assert not (shop.root / "quarantine" / "protected").exists()
    assert list((shop.root / "protected" / "quarantine").glob("*.parquet"))


def test_events_and_consents_allow_known_values_only(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(5))
    events = [f"c,2024-03-01 10:00:{i:02d},{'View' if i else 'stared'}" for i in range(40)]
    shop.lines(events, "customer_id,occurred_at,kind", "events.csv")
    shop.add_table(
        "events", **{"from": "events.csv", "columns": {c: c for c in ("customer_id", "occurred_at", "kind")}}
    )
    report = next(t for t in run(shop.workspace).tables if t.table == "events")
    assert report.added == 39
    assert next(iter(report.quarantined)).startswith("kind is none of view, cart")
    assert shop.rows("DISTINCT kind", "events") == [("view",)]


def test_a_fact_in_the_future_is_taken_in_once_it_has_happened(shop: Shop, good_lines: Lines) -> None:
    """A refusal for the clock is not remembered: the unchanged source is read again."""
    tomorrow = (datetime.now() + timedelta(days=2)).strftime("%Y-%m-%d")
    shop.lines([*good_lines(60), f"c,o,p,{tomorrow},1,1"])
    assert orders(run(shop.workspace)).quarantined == {"ordered_at is later than the clock": 1}
    assert not orders(run(shop.workspace)).skipped


def test_a_changed_zone_is_refused_where_days_are_cut(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(5))
    run(shop.workspace)
    shop.mapping["timezone"] = "Asia/Tokyo"
    shop.map()
    with pytest.raises(UsageError, match="timezone changed from Europe/London to Asia/Tokyo"):
        run(shop.workspace)
    run(shop.workspace, replace="orders")
    assert shop.workspace.tables.timezone == "Asia/Tokyo"


def test_only_one_ingest_runs_at_a_time(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(5))
    with shop.workspace.table_store.lock(), pytest.raises(StoreError, match="another ingest is running"):
        run(shop.workspace)


def test_an_ingest_without_order_lines_is_refused(shop: Shop) -> None:
    shop.lines([])
    with pytest.raises(DataError, match="a header but no rows"):
        run(shop.workspace)


def test_an_expression_that_does_not_fit_its_columns_is_named(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(5))
    shop.map(columns={**shop.mapping["tables"]["orders"]["columns"], "region": "date_trunc('day', customer)"})
    before = shop.files()
    with pytest.raises(MappingError, match=r"mapping.yaml, orders.region"):
        run(shop.workspace)
    assert shop.files() == before


KILLED = """
import os, signal, sys
from pathlib import Path
from core.workspace import Workspace
from core.table_store import TableStore
from pipelines.ingest import job, run

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

place = sys.argv[2]
if place == "before the commit":
    TableStore.commit = die
elif place == "after the commit":
    job._Ingest._remember = die
else:
    job._Ingest._merge = die
run(Workspace.open(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("place", ["while writing", "before the commit", "after the commit"])
def test_a_kill_leaves_the_last_good_state_and_the_next_ingest_works(shop: Shop, good_lines: Lines, place: str) -> None:
    lines = good_lines(100)
    shop.lines(lines[:50])
    run(shop.workspace)
    shop.lines([*lines, "c,o,p,bad,1,1"])
    killed = subprocess.run([sys.executable, "-c", KILLED, str(shop.root), place], env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert shop.workspace.tables.rows("orders") == len(shop.rows("1")) == (100 if place == "after the commit" else 50)
    run(shop.workspace)
    assert shop.workspace.tables.rows("orders") == len(shop.rows("1")) == 100
    assert len(shop.quarantine()) == 1
    assert not (shop.root / ".staging").exists()
    named = {path.name for path in shop.workspace.tables.files("orders")}
    assert {path.name for path in (shop.root / "tables" / "orders").glob("*.parquet")} == named


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 59), min_size=0, max_size=3), data=st.data())
def test_any_way_of_delivering_the_lines_gives_the_same_table(
    tmp_path_factory: pytest.TempPathFactory, good_lines: Lines, cuts: list[int], data: st.DataObject
) -> None:
    """In one file or in several growing ones, in any order, with repeats: the rows in force are the same set."""
    lines = good_lines(60)
    shop = Shop(tmp_path_factory.mktemp("delivery") / "shop")
    for end in [*sorted(cuts), 60]:
        shop.lines(data.draw(st.permutations(lines[:end])))
        run(shop.workspace)
    expected = {(line.split(",")[1], line.split(",")[2]) for line in lines}
    rows = shop.rows("order_id, product_id, row_key")
    assert len(rows) == 60
    assert {(order, product) for order, product, _ in rows} == expected
    assert len({key for _, _, key in rows}) == 60


def test_a_table_in_many_files_is_written_anew(shop: Shop, good_lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.ingest.merge.MAX_FILES", 3)
    lines = good_lines(50)
    for end in (10, 20, 30, 40, 50):
        shop.lines(lines[:end])
        run(shop.workspace)
    assert len(shop.workspace.tables.files("orders")) <= 3
    assert len(shop.rows("1")) == 50


def test_no_expression_reaches_a_file(shop: Shop, good_lines: Lines) -> None:
    secret = shop.write("secret.txt", "secret")
    shop.lines(good_lines(5))
    for expression in (f"read_text('{secret}')", f"(select content from read_text('{secret}'))"):
        shop.map(columns={**shop.mapping["tables"]["orders"]["columns"], "region": expression})
        with pytest.raises(MappingError) as caught:
            run(shop.workspace)
        assert caught.value.exit_code == 2
        assert not (Path(shop.root) / "tables" / "manifest.json").exists()
