"""What one process has aggregated the next one reads, as long as it would compute the same."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from core.workspace import Workspace
from feature_repo import aggregates, engines, kept_aggregates, shop_tables, snapshots
from tests.feature_repo.shops import assert_same
from tests.support.shop import FIRST_DAY

VIEWS = ("customer_features", "customer_history", "product_features")
D = FIRST_DAY + timedelta(days=100)


@pytest.fixture(autouse=True)
def all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_aggregates, "LEAST_LINES", 1)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tables that are computed."""
    names: list[str] = []
    fill = shop_tables.ShopTables.fill

    def noted(self, name: str, query: str) -> None:
        names.append(name)
        fill(self, name, query)

    monkeypatch.setattr(shop_tables.ShopTables, "fill", noted)
    return names


def kept(workspace: Workspace) -> list[Path]:
    files = (workspace.features_dir / shop_tables.AGGREGATES).glob("*.duckdb")
    return sorted(file for file in files if not file.name.endswith("-codes.duckdb"))


def built(workspace: Workspace, view: str = "customer_features"):
    """As a process does that builds a snapshot."""
    with engines.opened(workspace) as shop:
        queries = snapshots.compiled(snapshots.catalog.view(view), shop)
        return shop.engine.raw_sql(queries.prepared(shop, D)).df()


@pytest.mark.parametrize("view", VIEWS)
def test_features_are_the_same_from_kept_aggregates(small_shop: Workspace, view: str, computed: list[str]) -> None:
    first = built(small_shop, view)
    computed.clear()
    again = built(small_shop, view)
    assert_same(again.set_index(again.columns[0]), first.set_index(first.columns[0]), tolerance=0)
    assert not set(kept_aggregates.NAMES) & set(computed)


def test_neither_products_nor_codes_are_read_where_all_is_kept(small_shop: Workspace, computed: list[str]) -> None:
    built(small_shop)
    computed.clear()
    built(small_shop)
    assert "counting" not in computed


def test_other_settings_and_other_data_are_other_files_and_the_old_ones_go(small_shop: Workspace) -> None:
    built(small_shop)
    before = kept(small_shop)
    products = small_shop.settings.products.model_copy(update={"exclude": "category = 'c1'"})
    small_shop.settings = small_shop.settings.model_copy(update={"products": products})
    built(small_shop)
    after = kept(small_shop)
    assert before
    assert after
    assert not set(before) & set(after)


def test_damaged_files_are_computed_anew_and_replaced(small_shop: Workspace) -> None:
    first = built(small_shop)
    for file in kept(small_shop):
        file.write_bytes(os.urandom(5000))
    assert_same(built(small_shop).set_index("customer_id"), first.set_index("customer_id"), tolerance=0)
    assert all(file.stat().st_size > 5000 for file in kept(small_shop))


def test_one_that_is_being_read_may_go(small_shop: Workspace) -> None:
    built(small_shop)
    with engines.opened(small_shop) as shop:
        rows = shop.table("visits").count().execute()
        for file in kept(small_shop):
            file.unlink()
        built(small_shop)
        assert shop.table("visits").count().execute() == rows


def test_aggregates_of_few_lines_are_not_kept(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_aggregates, "LEAST_LINES", 10**9)
    built(small_shop)
    assert kept(small_shop) == []


def test_a_disk_without_room_keeps_nothing_and_fails_nothing(
    small_shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_aggregates.KeptAggregates, "_write", full)
    assert len(built(small_shop))
    assert kept(small_shop) == []


def test_all_aggregates_that_are_kept_exist() -> None:
    assert all(hasattr(aggregates, name) for name in kept_aggregates.NAMES)


def test_what_a_killed_process_left_half_goes_with_the_next_that_is_written(small_shop: Workspace) -> None:
    folder = small_shop.features_dir / shop_tables.AGGREGATES
    folder.mkdir(parents=True)
    (folder / ".0123-visits.abc.duckdb").write_bytes(b"half")
    built(small_shop)
    assert not list(folder.glob(".*.duckdb"))


def test_of_two_that_ask_at_once_one_computes(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    write = kept_aggregates.KeptAggregates._write

    def noted(self, name: str, *rest: object) -> None:
        made.append(name)
        write(self, name, *rest)

    monkeypatch.setattr(kept_aggregates.KeptAggregates, "_write", noted)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: built(small_shop), range(2))
    assert_same(first.set_index("customer_id"), second.set_index("customer_id"), tolerance=0)
    assert sorted(made) == sorted(kept_aggregates.NAMES)
