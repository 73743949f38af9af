"""A step killed in its middle leaves nothing half, and two at once end as one does."""

from __future__ import annotations

import importlib
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.workspace import Workspace
from feature_repo import catalog, partitions, snapshots
from feature_repo.materialization import Materializations
from feature_repo.online import OnlineReader
from pipelines import features
from tests.support import forked
from tests.support.shop import FIRST_DAY, unbuilt_copy

AS_OF = FIRST_DAY + timedelta(days=150)
STEPS = {"build": features.build, "materialize": features.materialize}
Kill = tuple[str, str, str, int]
"""A step, and the module, the function and the number of the call after which it dies."""
KILLED: list[Kill] = [
    ("build", "feature_repo.snapshots", "write", 3),
    ("build", "feature_repo.snapshots", "replace_directory", 2),
    ("materialize", "feature_repo.packed.filling", "pack_batch", 3),
    ("materialize", "feature_repo.store", "_read_back", 1),
]


@pytest.fixture(scope="module")
def whole(_shop_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What steps never killed give."""
    workspace = unbuilt_copy(_shop_template, tmp_path_factory.mktemp("whole") / "workspace")
    features.materialize(workspace, AS_OF)
    return _values(workspace)


@pytest.mark.parametrize("kill", KILLED, ids=lambda kill: f"{kill[0]} after {kill[2]}")
def test_a_killed_step_is_made_good_by_the_next(
    small_shop: Workspace, tmp_path: Path, whole: dict[str, Any], kill: Kill
) -> None:
    process = forked.start(_run_and_die, small_shop.root, kill, written=tmp_path / "said")
    process.join(forked.SECONDS)
    assert process.exitcode == -signal.SIGKILL, (tmp_path / "said").read_text()[-2000:]
    for name, view in catalog.VIEWS.items():
        for day in partitions.built_days(small_shop, name):
            build = partitions.read_build(small_shop, name, day)
            assert build is not None
            assert pq.read_metadata(partitions.partition(small_shop, view.name, day)).num_rows == build.rows
    STEPS[kill[0]](small_shop, AS_OF)
    features.materialize(small_shop, AS_OF)
    assert _values(small_shop) == whole
    assert Materializations(small_shop).is_current(AS_OF)
    left = [path for name in catalog.VIEWS for path in (small_shop.features_dir / name).glob(".snapshot=*")]
    assert left == []


@pytest.mark.parametrize("step", STEPS)
def test_two_at_once_end_as_one_does(small_shop: Workspace, whole: dict[str, Any], step: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(STEPS[step], Workspace.open(small_shop.root), AS_OF) for _ in range(2)]
    done = [each.result() for each in both]
    if step == "build":
        built = [report.view for reports in done for report in reports if report.built]
        assert sorted(built) == sorted(catalog.VIEWS)
        features.materialize(small_shop, AS_OF)
    assert _values(small_shop) == whole


def _run_and_die(root: Path, kill: Kill) -> None:
    """The step, until a function of it has been called so often: it does its work, and nothing comes after."""
    step, module, function, call = kill
    place, calls = importlib.import_module(module), []
    work = getattr(place, function)

    def deadly(*arguments: Any, **options: Any) -> Any:
        calls.append(function)
        done = work(*arguments, **options)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(place, function, deadly)
    STEPS[step](Workspace.open(root), AS_OF)


def _values(workspace: Workspace) -> dict[str, Any]:
    """Every snapshot, row by row, and what the online store says of every entity."""
    found: dict[str, Any] = {}
    for name, view in catalog.VIEWS.items():
        day = snapshots.snapshot_day(workspace, view, AS_OF)
        found[name] = _rows(workspace, name, day)
        ids = Materializations(workspace).keys(name)
        found[f"{name} online"] = repr(sorted(ids)), repr(OnlineReader.of_views(workspace, [view]).read(sorted(ids)))
    return found


def _rows(workspace: Workspace, view: str, day: date) -> str:
    return repr(pq.read_table(partitions.partition(workspace, view, day), partitioning=None).to_pylist())
