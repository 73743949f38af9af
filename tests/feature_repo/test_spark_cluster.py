"""Features on a real cluster of two workers are those of the embedded engine, also when a worker dies meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import spark_session
from core.workspace import Workspace
from feature_repo import partitions, snapshots
from tests.support.engine_values import assert_same
from tests.support.shop import FIRST_DAY, make_shop, unbuilt_copy
from tests.support.spark import need_spark
from tests.support.spark_cluster import Cluster, standalone

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
D = FIRST_DAY + timedelta(days=90)
VIEW = "customer_features"
ENOUGH_TASKS = 3
"""After which a worker holds parts of shuffles, and there is much left to do."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    need_spark()
    return make_shop(tmp_path_factory.mktemp("shop") / "shop", customers=30, days=100)


@pytest.fixture(scope="module")
def expected(shop: Workspace, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    return built(unbuilt_copy(shop.root, tmp_path_factory.mktemp("embedded") / "shop"))


@pytest.fixture
def cluster(shop: Workspace, tmp_path: Path) -> Iterator[Cluster]:
    with standalone(tmp_path / "cluster") as running:
        try:
            yield running
        finally:
            spark_session.stop()


def test_two_workers_build_the_values_of_the_embedded_engine(
    cluster: Cluster, shop: Workspace, expected: pa.Table, tmp_path: Path
) -> None:
    there = cluster.computing(unbuilt_copy(shop.root, tmp_path / "there"))
    found = built(there)
    assert_same(expected, found)
    assert [(f.name, f.type) for f in found.schema] == [(f.name, f.type) for f in expected.schema]
    assert snapshots.ensure(Workspace(there.root, shop.settings), VIEW, [D]).built == ()  # holds for the other engine
    assert all(worker.tasks_done() > 0 for worker in cluster.workers)


def test_a_worker_killed_in_the_middle_changes_no_value(
    cluster: Cluster, shop: Workspace, expected: pa.Table, tmp_path: Path
) -> None:
    workspace = cluster.computing(unbuilt_copy(shop.root, tmp_path / "there"))
    killed, left = cluster.workers
    with ThreadPoolExecutor(1) as aside:
        building = aside.submit(built, workspace)
        while killed.tasks_done() < ENOUGH_TASKS and not building.done():
            time.sleep(0.05)
        assert not building.done(), building.exception()
        killed.kill()
        before = left.tasks_done()
        found = building.result()
    assert_same(expected, found)
    assert left.tasks_done() > before
    assert "Lost executor" in (workspace.root / spark_session.LOG).read_text()


def built(workspace: Workspace) -> pa.Table:
    """The snapshot of all customers, built where the workspace says."""
    assert snapshots.ensure(workspace, VIEW, [D]).built == (D,)
    return pq.read_table(partitions.partition(workspace, VIEW, D), partitioning=None)
