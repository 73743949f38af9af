"""A snapshot is built where it is missing or stale, and only there."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from core.errors import DataError, NotReady, UsageError
from core.manifest import TableChange
from core.workspace import Workspace
from feature_repo import catalog, partitions, shop_tables, snapshots
from tests.support.shop import FIRST_DAY

VIEW = "customer_features"
D = FIRST_DAY + timedelta(days=100)
WEEK = timedelta(days=7)


def stamp(workspace: Workspace, day: date) -> int:
    return partitions.partition(workspace, VIEW, day).stat().st_ino


def touch_orders(workspace: Workspace, since: date | None) -> None:
    """A commit that leaves the orders as they are but says it touched rows from a day on."""
    entry = workspace.tables.entry("orders")
    files = workspace.tables.files("orders")
    first, last = date.fromisoformat(entry.first_day or ""), date.fromisoformat(entry.last_day or "")
    workspace.table_store.commit({"orders": TableChange(files, entry.rows, since, first, last)})


def test_the_queries_written_for_one_day_serve_every_other(
    small_shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots.ensure(small_shop, VIEW, [D])
    monkeypatch.setattr(snapshots, "_parts", None)
    later = snapshots.ensure(small_shop, VIEW, [D + WEEK])
    assert later.built == (D + WEEK,)
    first, second = (
        pd.read_parquet(partitions.partition(small_shop, VIEW, day), partitioning=None).set_index("customer_id")
        for day in (D, D + WEEK)
    )
    assert (second["days_since_first_visit"].reindex(first.index) - first["days_since_first_visit"] == WEEK.days).all()


def test_other_settings_have_queries_of_their_own(small_shop: Workspace) -> None:
    shop = shop_tables.tables(small_shop, shop_tables.connect(small_shop))
    demand = small_shop.settings.demand.model_copy(update={"series": ("department",)})
    small_shop.settings = small_shop.settings.model_copy(update={"demand": demand})
    other = shop_tables.tables(small_shop, shop_tables.connect(small_shop))
    spec = catalog.view("series_features")
    assert snapshots.compiled(spec, shop).parts != snapshots.compiled(spec, other).parts


def test_a_snapshot_holds_key_time_and_every_feature(small_shop: Workspace) -> None:
    report = snapshots.ensure(small_shop, VIEW, [D])
    frame = pd.read_parquet(partitions.partition(small_shop, VIEW, D), partitioning=None)
    assert report.built == (D,)
    assert report.rows == len(frame) > 100
    assert list(frame.columns) == ["customer_id", *(f.name for f in catalog.view(VIEW).features), "event_timestamp"]
    assert frame["customer_id"].is_unique
    assert set(frame["event_timestamp"]) == {pd.Timestamp("2024-04-09 23:00", tz="UTC")}  # London is on summer time


def test_an_unchanged_snapshot_is_not_built_again(small_shop: Workspace) -> None:
    snapshots.ensure(small_shop, VIEW, [D])
    first = stamp(small_shop, D)
    report = snapshots.ensure(small_shop, VIEW, [D, D])
    assert (report.built, report.reused) == ((), (D,))
    assert stamp(small_shop, D) == first


def test_only_missing_snapshots_are_built(small_shop: Workspace) -> None:
    snapshots.ensure(small_shop, VIEW, [D])
    report = snapshots.ensure(small_shop, VIEW, [D, D + WEEK])
    assert (report.built, report.reused) == ((D + WEEK,), (D,))
    assert partitions.built_days(small_shop, VIEW) == [D, D + WEEK]


def test_new_facts_make_only_those_snapshots_stale_that_see_them(small_shop: Workspace) -> None:
    snapshots.ensure(small_shop, VIEW, [D, D + WEEK])
    touch_orders(small_shop, since=D + timedelta(days=3))
    report = snapshots.ensure(small_shop, VIEW, [D, D + WEEK])
    assert (report.built, report.reused) == ((D + WEEK,), (D,))
    touch_orders(small_shop, since=None)
    assert snapshots.ensure(small_shop, VIEW, [D, D + WEEK]).built == (D, D + WEEK)


def test_changed_transforms_or_settings_make_every_snapshot_go(
    small_shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots.ensure(small_shop, VIEW, [D, D + WEEK])
    monkeypatch.setenv("REGULARS_PRODUCTS__EXCLUDE", "category = 'category 1'")
    reopened = Workspace.open(small_shop.root)
    assert snapshots.ensure(reopened, VIEW, [D]).built == (D,)
    assert partitions.built_days(reopened, VIEW) == [D]  # the other one's columns might not fit any more


def test_settings_that_features_do_not_use_leave_them_alone(
    small_shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots.ensure(small_shop, VIEW, [D])
    monkeypatch.setenv("REGULARS_SERVING__PORT", "4000")
    assert snapshots.ensure(Workspace.open(small_shop.root), VIEW, [D]).built == ()


def test_a_damaged_snapshot_is_built_again(small_shop: Workspace) -> None:
    snapshots.ensure(small_shop, VIEW, [D])
    (partitions.partition(small_shop, VIEW, D).parent / snapshots.BUILD).write_text('{"view": "custo')
    assert snapshots.ensure(small_shop, VIEW, [D]).built == (D,)


def test_a_crash_half_way_leaves_the_old_snapshot_and_no_litter(
    small_shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots.ensure(small_shop, VIEW, [D])
    before = stamp(small_shop, D)
    touch_orders(small_shop, since=None)

    def crash(view: object, shop: object, day: object, path: Path, moment: object) -> int:
        path.write_bytes(b"half a file")
        raise OSError("disk full")

    monkeypatch.setattr(snapshots, "write", crash)
    with pytest.raises(OSError, match="disk full"):
        snapshots.ensure(small_shop, VIEW, [D])
    assert stamp(small_shop, D) == before
    assert [path.name for path in (small_shop.features_dir / VIEW).iterdir()] == [f"snapshot={D}"]
    assert not partitions.is_fresh(small_shop, catalog.view(VIEW), D)


def test_what_a_killed_build_left_is_cleared_away(small_shop: Workspace) -> None:
    litter = small_shop.features_dir / VIEW / f".snapshot={D}.x1y2"
    litter.mkdir(parents=True)
    (litter / snapshots.PART).write_bytes(b"half a file")
    snapshots.ensure(small_shop, VIEW, [D])
    assert not litter.exists()


def test_two_processes_build_a_snapshot_once(small_shop: Workspace) -> None:
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: snapshots.ensure(small_shop, VIEW, [D]), range(2)))
    assert sorted(len(report.built) for report in reports) == [0, 1]


def test_a_pinned_job_takes_no_snapshot_of_a_later_generation(small_shop: Workspace) -> None:
    name = "product_features"
    view = catalog.view(name)
    with small_shop.pinned() as before:
        touch_orders(small_shop, D - WEEK)
        snapshots.ensure(small_shop, name, [D, D - WEEK])
        assert not partitions.is_fresh(before, view, D)
        assert partitions.is_fresh(before, view, D - WEEK)
        snapshots.ensure(before, name, [D])
        assert partitions.is_fresh(before, view, D)
    assert not partitions.is_fresh(small_shop, view, D)


def test_snapshots_in_use_are_not_built_anew_by_a_later_generation(small_shop: Workspace) -> None:
    with small_shop.pinned() as before, ThreadPoolExecutor(1) as pool:
        with snapshots.kept(before, ["product_features"], [D]):
            file = partitions.partition(small_shop, "product_features", D)
            made = file.stat().st_ino
            touch_orders(small_shop, D - WEEK)
            later = pool.submit(snapshots.ensure, small_shop, "product_features", [D])
            with pytest.raises(TimeoutError):
                later.result(timeout=0.5)
            assert file.stat().st_ino == made
        assert later.result().built == (D,)


def test_a_snapshot_says_what_it_was_made_from(small_shop: Workspace) -> None:
    snapshots.ensure(small_shop, VIEW, [D])
    build = json.loads((partitions.partition(small_shop, VIEW, D).parent / snapshots.BUILD).read_text())
    assert build["data"] == small_shop.tables.digest(D)
    assert build["transform"] == partitions.transform_hash(small_shop, catalog.view(VIEW))
    assert build["rows"] > 0


def test_a_date_before_any_data_names_the_earliest_possible_one(small_shop_readonly: Workspace) -> None:
    with pytest.raises(DataError, match="the earliest possible date is 2024-01-0"):
        snapshots.ensure(small_shop_readonly, VIEW, [FIRST_DAY - WEEK])


def test_without_tables_it_says_to_ingest(new_workspace: Workspace) -> None:
    with pytest.raises(NotReady, match="regulars ingest"):
        snapshots.ensure(new_workspace, VIEW, [D])


def test_an_unknown_view_names_the_nearest(small_shop_readonly: Workspace) -> None:
    with pytest.raises(UsageError, match="did you mean 'customer_features'"):
        snapshots.ensure(small_shop_readonly, "customer_feature", [D])


def test_features_of_a_table_the_shop_lacks_are_missing_not_zero(small_shop: Workspace) -> None:
    snapshots.ensure(small_shop, VIEW, [D])
    frame = pd.read_parquet(partitions.partition(small_shop, VIEW, D), partitioning=None)
    assert frame["product_views_28d"].isna().all()
    assert frame["redemptions_84d"].notna().all()
