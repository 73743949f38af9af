"""What is kept and added to says what is computed from scratch, whatever an ingest brings."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.manifest import TableChange
from core.workspace import Workspace
from feature_repo import catalog, kept_aggregates, kept_codes, shop_tables, snapshots
from tests.support.every_table import shop_of_every_table
from tests.support.shop import FIRST_DAY, unbuilt_copy

D = FIRST_DAY + timedelta(days=100)
DAY = timedelta(days=1)
VIEWS = ("customer_features", "customer_history")
"""Those that read every aggregate that is kept."""


@pytest.fixture(autouse=True)
def all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_aggregates, "LEAST_LINES", 1)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is written into files."""
    names: list[str] = []
    write = kept_aggregates.KeptAggregates._write

    def noted(self, name: str, *rest: object) -> None:
        names.append(name)
        write(self, name, *rest)

    monkeypatch.setattr(kept_aggregates.KeptAggregates, "_write", noted)
    return names


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return shop_of_every_table(tmp_path_factory.mktemp("whole") / "shop", customers=15, days=130)


@pytest.fixture
def shop(whole: Workspace, tmp_path: Path) -> Workspace:
    """The shop as of D, whose aggregates are kept: what came later is not there yet."""
    return as_of(D, whole, tmp_path / "shop")


def as_of(day: date, whole: Workspace, root: Path) -> Workspace:
    workspace = unbuilt_copy(whole.root, root)
    put(workspace, "orders", f"SELECT * FROM now WHERE day < DATE '{day}'", None)
    features(workspace, day)
    return workspace


def put(workspace: Workspace, table: str, query: str, since: date | None, *, beside: bool = False) -> None:
    """As an ingest does: rows into a further file `beside` those there are, or all into one (from the view `now`)."""
    old = workspace.tables.files(table)
    folder = workspace.tables_dir / table
    file = folder / f"{table}-{workspace.tables.generation + 1}-more.parquet"
    files = [*old, file] if beside else [file]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW now AS FROM read_parquet({[str(path) for path in old]})")
        connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
        days = "min(day), max(day)" if table == "orders" else "NULL, NULL"
        told = f"SELECT count(*), {days} FROM read_parquet({[str(path) for path in files]})"
        [(count, first, last)] = connection.execute(told).fetchall()
    change = TableChange(files, count, since, first, last)
    workspace.table_store.commit({table: change}, timezone=workspace.tables.timezone, base_currency="GBP")


def copied(whole: Workspace, days: str, **values: str) -> str:
    """Lines of the whole shop on some days, with other values."""
    told = ", ".join(f"{value} AS {name}" for name, value in values.items())
    files = [str(path) for path in whole.tables.files("orders")]
    return f"SELECT *{f' REPLACE ({told})' if told else ''} FROM read_parquet({files}) WHERE {days}"


def features(
    workspace: Workspace, day: date, *, keeps: bool = True, views: Iterable[str] = VIEWS
) -> dict[str, pd.DataFrame]:
    """Views as of a day, as a process computes it that keeps aggregates, or one that does not."""
    shop = shop_tables.tables(workspace, shop_tables.connect(workspace), keeps=keeps)
    queries = {name: snapshots.compiled(catalog.view(name), shop) for name in views}
    return {name: shop.engine.raw_sql(query.prepared(shop, day)).df() for name, query in queries.items()}


def assert_as_from_scratch(workspace: Workspace, day: date, views: Iterable[str] = VIEWS) -> dict[str, pd.DataFrame]:
    kept, anew = (features(workspace, day, keeps=keeps, views=views) for keeps in (True, False))
    for view, frame in anew.items():
        pd.testing.assert_frame_equal(kept[view], frame, rtol=1e-12, atol=1e-12, obj=view)
    return kept


TOMORROW = D + timedelta(days=1)
MORE = [f"{name} since" for name in kept_aggregates.NAMES]


def test_a_day_more_is_all_that_is_aggregated(shop: Workspace, whole: Workspace, written: list[str]) -> None:
    put(shop, "orders", copied(whole, f"day = DATE '{D}'"), D, beside=True)
    assert_as_from_scratch(shop, TOMORROW, catalog.VIEWS)
    assert sorted(written) == sorted(MORE)
    written.clear()
    assert_as_from_scratch(shop, TOMORROW)
    assert written == []


def test_days_come_one_after_another(shop: Workspace, whole: Workspace, written: list[str]) -> None:
    for day in (D + timedelta(days=number) for number in range(3)):
        put(shop, "orders", copied(whole, f"day = DATE '{day}'"), day, beside=True)
        assert_as_from_scratch(shop, day + timedelta(days=1))
    assert set(written) == set(MORE)


def test_late_lines_make_the_days_since_theirs_anew(shop: Workspace, whole: Workspace, written: list[str]) -> None:
    late = D - timedelta(days=4)
    put(shop, "orders", copied(whole, f"day = DATE '{late}'", quantity="quantity + 1"), late, beside=True)
    assert_as_from_scratch(shop, D)
    assert sorted(written) == sorted(MORE)


def test_corrected_and_dropped_lines_too(shop: Workspace, whole: Workspace, written: list[str]) -> None:
    since = D - timedelta(days=3)
    keep = "SELECT * REPLACE (CASE WHEN day >= DATE '{0}' THEN revenue * 2 ELSE revenue END AS revenue) FROM now"
    put(shop, "orders", f"{keep.format(since)} WHERE day < DATE '{since}' OR quantity > 1", since)
    assert_as_from_scratch(shop, D)
    assert sorted(written) == sorted(MORE)


def test_what_reaches_far_back_makes_all_anew(shop: Workspace, written: list[str]) -> None:
    since = FIRST_DAY + timedelta(days=20)
    put(shop, "orders", f"SELECT * FROM now WHERE day <> DATE '{since}'", since)
    assert_as_from_scratch(shop, D)
    assert sorted(written) == sorted(kept_aggregates.NAMES)


@pytest.mark.parametrize("name", ["0 comes first", "zz comes last", "c005 b", "Ärger"])
def test_customers_products_and_stores_may_be_new_on_the_new_day(shop: Workspace, whole: Workspace, name: str) -> None:
    put(shop, "products", "SELECT * FROM now UNION ALL (SELECT * REPLACE ('" + name + "' AS product_id, '"
        + name + "' AS category) FROM now LIMIT 1)", None)  # fmt: skip
    shares = {"customer_id": 3, "product_id": 2, "store_id": 5}
    some = {of: f"CASE WHEN row_number() OVER () % {n} = 1 THEN '{name}' ELSE {of} END" for of, n in shares.items()}
    new = copied(whole, f"day = DATE '{D}'", **some)
    put(shop, "orders", new, D, beside=True)
    told = assert_as_from_scratch(shop, TOMORROW, catalog.VIEWS)
    assert name in set(told["customer_features"]["customer_id"])
    assert_as_from_scratch(shop, TOMORROW)


def test_a_customer_new_between_others_changes_no_file(shop: Workspace, whole: Workspace, written: list[str]) -> None:
    put(shop, "orders", copied(whole, f"day = DATE '{D}'", customer_id="'a' || customer_id"), D, beside=True)
    assert_as_from_scratch(shop, TOMORROW)
    assert sorted(written) == sorted(MORE)


@pytest.mark.parametrize("change", ["category || ' new'", "NULL"])
def test_products_that_change_make_the_days_anew_on_which_they_sold(shop: Workspace, change: str) -> None:
    put(shop, "products", f"SELECT * REPLACE (CASE WHEN hash(product_id) % 2 = 0 THEN {change} ELSE category END"
        " AS category) FROM now", None)  # fmt: skip
    assert_as_from_scratch(shop, D)


def test_a_product_that_comes_to_be_known_counts_from_its_first_line_on(shop: Workspace) -> None:
    put(
        shop,
        "products",
        "SELECT * FROM now UNION ALL (SELECT * REPLACE ('unknown' AS product_id) FROM now LIMIT 1)",
        None,
    )
    assert_as_from_scratch(shop, D)


def test_whom_no_table_tells_of_any_more_has_no_number(shop: Workspace, whole: Workspace) -> None:
    who = "käufer"
    gone = features(shop, D, keeps=False)["customer_features"]["customer_id"][3]
    for table in (name for name in shop.tables.names() if "customer_id" in shop_tables.schema(name)):
        put(shop, table, f"SELECT * FROM now WHERE customer_id IS NULL OR customer_id NOT IN ('{gone}', '{who}')", None)
    told = assert_as_from_scratch(shop, D)
    assert gone not in set(told["customer_features"]["customer_id"])
    assert not {gone, who} & numbered(shop).keys()
    assert not [file.name for file in kept(shop) if gone.encode() in file.read_bytes()]


def test_a_number_stays_its_customers_and_is_given_once(shop: Workspace, whole: Workspace) -> None:
    before = numbered(shop)
    put(shop, "orders", copied(whole, f"day = DATE '{D}'", customer_id="'0' || customer_id"), D, beside=True)
    features(shop, D)
    after = numbered(shop)
    assert before.items() < after.items()
    assert len(set(after.values())) == len(after)


def test_whoever_reads_an_earlier_generation_reads_its_rows(shop: Workspace, whole: Workspace) -> None:
    with shop.pinned() as earlier:
        before = features(earlier, D)
        put(shop, "orders", copied(whole, f"day >= DATE '{D}' - 1 AND day <= DATE '{D}'"), D - DAY, beside=True)
        assert_as_from_scratch(shop, TOMORROW)
        again = features(earlier, D)
    for view, frame in before.items():
        pd.testing.assert_frame_equal(again[view], frame, obj=view)
    assert_as_from_scratch(shop, TOMORROW)


def test_another_history_of_as_many_commits_is_another(shop: Workspace, whole: Workspace, tmp_path: Path) -> None:
    """As after a restored backup."""
    aside = tmp_path / "backup"
    shutil.copytree(shop.tables_dir, aside)
    put(shop, "orders", "SELECT * REPLACE (revenue * 3 AS revenue) FROM now", None)
    features(shop, D)
    shutil.rmtree(shop.tables_dir)
    shutil.copytree(aside, shop.tables_dir)
    again = Workspace.open(shop.root)
    time.sleep(1.1)  # commits are told apart by their second
    put(again, "orders", "SELECT * REPLACE (revenue * 5 AS revenue) FROM now", None)
    assert_as_from_scratch(again, D)


@pytest.mark.parametrize("which", ["*-codes.duckdb", "*-since.duckdb", "*-visits.duckdb"])
def test_a_damaged_file_is_made_anew(shop: Workspace, whole: Workspace, which: str) -> None:
    put(shop, "orders", copied(whole, f"day = DATE '{D}'"), D, beside=True)
    features(shop, TOMORROW)
    for file in kept(shop, which):
        file.write_bytes(os.urandom(5000))
    assert_as_from_scratch(shop, TOMORROW)


def test_a_disk_without_room_fails_nothing(shop: Workspace, whole: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def full(path: Path) -> Iterator[Path]:
        raise OSError(28, "No space left on device")
        yield path

    for module in (kept_aggregates, kept_codes):
        monkeypatch.setattr(module, "replacing", full)
    put(shop, "orders", copied(whole, f"day = DATE '{D}'", customer_id="'0' || customer_id"), D, beside=True)
    assert_as_from_scratch(shop, TOMORROW)


_INGEST = st.tuples(
    st.sampled_from(["a day", "late", "corrected", "new names", "dropped", "products"]), st.integers(0, 8)
)


@pytest.mark.long
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_INGEST, min_size=1, max_size=4))
def test_whatever_comes_in_values_are_those_from_scratch(whole: Workspace, ingests: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace, end = as_of(D, whole, Path(folder) / "shop"), D
        for number, (kind, back) in enumerate(ingests):
            day = end - timedelta(days=back)
            if kind == "a day":
                put(workspace, "orders", copied(whole, f"day = DATE '{end}'"), end, beside=True)
                end += DAY
            elif kind == "late":
                late = copied(whole, f"day = DATE '{day}'", order_id=f"order_id || '{number}'", discount="0.25")
                put(workspace, "orders", late, day, beside=True)
            elif kind == "new names":
                new = f"'n{number}' || customer_id", f"'n{number}' || product_id"
                put(workspace, "orders", copied(whole, f"day = DATE '{day}'", customer_id=new[0], product_id=new[1]),
                    day, beside=True)  # fmt: skip
            elif kind == "products":
                other = f"CASE WHEN hash(product_id || '{number}') % 6 = 0 THEN 'other' ELSE brand END"
                put(workspace, "products", f"SELECT * REPLACE ({other} AS brand) FROM now", None)
            else:
                change = "quantity + 1" if kind == "corrected" else "quantity"
                value = f"CASE WHEN day = DATE '{day}' THEN {change} ELSE quantity END"
                same = f"SELECT * REPLACE ({value} AS quantity) FROM now"
                left = f"WHERE day <> DATE '{day}' OR hash(row_key) % 2 = 0" if kind == "dropped" else ""
                put(workspace, "orders", f"{same} {left}", day)
            if number % 2:
                features(workspace, end)
        assert_as_from_scratch(workspace, end, catalog.VIEWS)


def kept(workspace: Workspace, which: str = "*.duckdb") -> list[Path]:
    return sorted((workspace.features_dir / shop_tables.AGGREGATES).glob(which))


def numbered(workspace: Workspace) -> dict[str, int]:
    [file] = kept(workspace, "*-codes.duckdb")
    with duckdb.connect(str(file), read_only=True) as connection:
        return dict(connection.execute("SELECT customer_id, number FROM customers").fetchall())
