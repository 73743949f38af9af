"""Spark computes what the embedded engine computes: every family of every view, and the snapshots they make."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core import spark_session
from core.workspace import Workspace
from feature_repo import catalog, engines, partitions, snapshots
from feature_repo.shop_tables import READABLE, ShopTables, Snapshot
from tests.support.engine_values import assert_same
from tests.support.every_table import shop_of_every_table
from tests.support.shop import FIRST_DAY, unbuilt_copy
from tests.support.spark import need_spark, on_spark

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
D = FIRST_DAY + timedelta(days=150)
SNAPSHOTS = tuple(view for view in catalog.VIEWS if view != "customer_features")
"""Of that one all families are computed here anyway, and its snapshot is built in `test_spark_cluster`."""
FAMILIES = [(view, family) for view, spec in catalog.VIEWS.items() for family in spec.family_names]


@pytest.fixture(scope="module")
def every_table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    need_spark()
    yield shop_of_every_table(tmp_path_factory.mktemp("every_table") / "a {shop}, [said] so")
    spark_session.stop()


@pytest.fixture(scope="module")
def engines_of(every_table: Workspace) -> Iterator[tuple[ShopTables, ShopTables]]:
    with ExitStack() as stack:
        here, there = (stack.enter_context(engines.opened(each)) for each in (every_table, on_spark(every_table)))
        yield here, there


def test_the_shop_has_every_table_that_features_read(every_table: Workspace) -> None:
    assert [name for name in READABLE if not every_table.tables.has(name)] == []


@pytest.mark.parametrize(("view", "family"), FAMILIES)
def test_a_family_is_the_same_on_both(
    engines_of: tuple[ShopTables, ShopTables], view: str, family: str, tmp_path: Path
) -> None:
    spec, at = catalog.view(view), Snapshot(D)
    module = spec.families[spec.family_names.index(family)]
    for number, shop in enumerate(engines_of):
        table = snapshots.family_table(spec, module, shop.before(at), at)
        shop.write(table.order_by(f"{spec.key}_0"), tmp_path / f"{number}.parquet")
    here, there = (pq.read_table(tmp_path / f"{number}.parquet") for number in range(2))
    assert here.num_rows > 0
    assert_same(here, there)


def test_snapshots_are_the_same_and_hold_for_both(every_table: Workspace, tmp_path: Path) -> None:
    here = unbuilt_copy(every_table.root, tmp_path / "here")
    there = on_spark(unbuilt_copy(every_table.root, tmp_path / "there"))
    for workspace in (here, there):
        assert all(report.built == (D,) for report in snapshots.ensure_all(workspace, SNAPSHOTS, [D]))
    for view in SNAPSHOTS:
        files = [partitions.partition(workspace, view, D) for workspace in (here, there)]
        first, second = (pq.read_table(file, partitioning=None) for file in files)
        assert [(f.name, f.type) for f in first.schema] == [(f.name, f.type) for f in second.schema]
        assert_same(first, second)
        assert [path.name for path in sorted(files[1].parent.iterdir())] == ["build.json", "part.parquet"]
    again = snapshots.ensure_all(Workspace(there.root, here.settings), SNAPSHOTS, [D])
    assert [report.built for report in again] == [()] * len(SNAPSHOTS)
