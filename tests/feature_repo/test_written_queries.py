"""Queries that an earlier process has written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from core.workspace import Workspace
from feature_repo import catalog, shop_tables, snapshots, written_queries
from feature_repo.written_queries import WrittenQueries
from tests.feature_repo.shops import assert_same, features_of
from tests.support.shop import FIRST_DAY

VIEW = "customer_history"
D = FIRST_DAY + timedelta(days=100)
QUERY = {"query": "SELECT 1"}


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the process were a new one."""
    monkeypatch.setattr(snapshots, "_COMPILED", {})
    monkeypatch.setattr(shop_tables, "_WRITTEN", {})


def test_a_new_process_runs_the_queries_of_the_one_before(
    small_shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(monkeypatch)
    written = features_of(small_shop, VIEW, D)
    forget(monkeypatch)
    monkeypatch.setattr(snapshots, "_parts", None)  # would be called to write them
    monkeypatch.setattr(shop_tables.ShopTables, "_aggregated", None)
    assert_same(features_of(small_shop, VIEW, D), written, tolerance=0)


def test_other_settings_and_other_families_have_none_yet(
    small_shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(monkeypatch)
    view = catalog.view(VIEW)
    shop = shop_tables.tables(small_shop, shop_tables.connect(small_shop))
    snapshots.compiled(view, shop)
    assert shop.written.read(VIEW, *view.family_names)
    assert shop.written.read(VIEW, "tenure") is None
    churn = small_shop.settings.churn.model_copy(update={"active_days": 77})
    small_shop.settings = small_shop.settings.model_copy(update={"churn": churn})
    other = shop_tables.tables(small_shop, shop_tables.connect(small_shop))
    assert other.written.read(VIEW, *view.family_names) is None


def test_what_is_kept_holds_for_its_shape_and_purpose_only(tmp_path: Path) -> None:
    queries = WrittenQueries(tmp_path, ["day: date"])
    queries.write("view", QUERY, "tenure")
    assert queries.read("view", "tenure") == QUERY
    assert queries.read("view", "gaps") is None
    assert queries.read("other", "tenure") is None
    assert WrittenQueries(tmp_path, ["day: timestamp"]).read("view", "tenure") is None


def test_other_code_and_other_libraries_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    WrittenQueries(tmp_path, []).write("view", QUERY)
    with monkeypatch.context() as other:
        other.setattr(written_queries, "_LOADED", "other code")
        assert WrittenQueries(tmp_path, []).read("view") is None
    monkeypatch.setattr(written_queries, "version", lambda library: f"{library} of another time")
    assert WrittenQueries(tmp_path, []).read("view") is None


def test_code_that_was_changed_under_a_running_process_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written_queries, "_code", lambda: "changed on disk")
    WrittenQueries(tmp_path, []).write("view", QUERY)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damaged", ["", "[]", "{", '{"key": 1}', '"text"'])
def test_a_damaged_file_is_as_if_it_were_not_there(damaged: str, tmp_path: Path) -> None:
    queries = WrittenQueries(tmp_path, [])
    (tmp_path / "view.json").write_text(damaged)
    assert queries.read("view") is None
    queries.write("view", QUERY)
    assert queries.read("view") == QUERY
