"""Training frames come from Feast, as of their own time, in the order asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from core.clock import day_start
from core.errors import DataError, StoreError, UsageError
from core.workspace import Workspace
from feature_repo import catalog, partitions, store
from feature_repo.catalog import View
from feature_repo.config import repo_config
from feature_repo.feast_api import FeatureStore
from feature_repo.materialization import Materializations
from feature_repo.packed.view_tables import table_of
from tests.feature_repo.conftest import D
from tests.feature_repo.shops import assert_same
from tests.support.shop import FIRST_DAY

SERVICE, VIEW, KEY = "churn_v1", "customer_features", "customer_id"


def moment(workspace: Workspace, day: date) -> pd.Timestamp:
    return pd.Timestamp(day_start(day, workspace.tables.timezone))


def partition(workspace: Workspace, view: str, day: date) -> pd.DataFrame:
    spec = catalog.view(view)
    frame = pd.read_parquet(partitions.partition(workspace, view, day), partitioning=None)
    return frame.set_index(spec.key)[[feature.name for feature in spec.features]]


def test_each_row_gets_the_values_of_its_own_time(filled: Workspace) -> None:
    days = [D - timedelta(days=28), D]
    asked = pd.DataFrame(
        {
            KEY: ["c003", "c010", "c003", "nobody"],
            "event_timestamp": [moment(filled, day) for day in (days[1], days[0], days[0], days[1])],
            "churned": [1, 0, 0, 1],
        },
        index=[9, 4, 7, 2],
    )
    found = store.historical(filled, SERVICE, asked)
    pd.testing.assert_frame_equal(found[asked.columns], asked)
    for place, (customer, day) in enumerate([("c003", days[1]), ("c010", days[0]), ("c003", days[0])]):
        expected = partition(filled, VIEW, day).loc[[customer]]
        assert_same(found.iloc[[place]].set_index(KEY)[expected.columns], expected)
    assert found.iloc[3].drop(asked.columns).isna().all()


@pytest.mark.parametrize("service", list(catalog.SERVICES))
def test_the_matrix_of_a_service_is_its_snapshot(filled: Workspace, service: str) -> None:
    view = catalog.service(service)[0]
    frame, expected = store.matrix(filled, service, D), partition(filled, view.name, D)
    assert_same(frame.set_index(view.key)[expected.columns].sort_index(), expected)


def test_models_that_ask_for_one_day_in_a_job_share_one_join(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    joins: list[int] = []
    join = store._joined

    def counting(workspace: Workspace, parts: tuple[View, ...], entities: pd.DataFrame, place: Path) -> pd.DataFrame:
        joins.append(len(entities))
        return join(workspace, parts, entities, place)

    monkeypatch.setattr(store, "_joined", counting)
    everybody = store.entities(filled, SERVICE, D)
    most, few = everybody.iloc[::-1].iloc[3:].assign(churned=1), everybody.head(5)
    with filled.pinned() as job:
        alone = {len(rows): join(job, catalog.service(SERVICE), rows, job.root) for rows in (everybody, most)}
        for rows in (everybody, most):
            pd.testing.assert_frame_equal(store.historical(job, SERVICE, rows), alone[len(rows)])
        assert joins == [len(everybody)]
        store.historical(job, SERVICE, few)
        assert joins == [len(everybody), len(few)]


def test_every_part_of_a_service_has_a_matrix(filled: Workspace) -> None:
    for service in catalog.SERVICES:
        for view in catalog.service(service):
            frame = store.matrix(filled, service, D, view.key)
            first = next(each for each in catalog.service(service) if each.key == view.key)
            assert len(frame) == len(partition(filled, first.name, D)) > 0


def test_snapshots_that_are_missing_are_built_on_the_way(filled_copy: Workspace) -> None:
    day = D - timedelta(days=3)
    assert day not in partitions.built_days(filled_copy, VIEW)
    assert len(store.matrix(filled_copy, SERVICE, day)) > 50
    assert day in partitions.built_days(filled_copy, VIEW)


def test_a_time_before_any_data_is_refused_with_the_earliest_date(filled: Workspace) -> None:
    with pytest.raises(DataError, match="the earliest possible date is"):
        store.matrix(filled, SERVICE, FIRST_DAY - timedelta(days=30))


def test_an_unknown_service_names_the_nearest(filled: Workspace) -> None:
    with pytest.raises(UsageError, match="did you mean 'churn_v1'"):
        store.matrix(filled, "churn_v2", D)


def test_entities_without_the_services_key_are_refused(filled: Workspace) -> None:
    frame = pd.DataFrame({"product_id": ["1"], "event_timestamp": [moment(filled, D)]})
    with pytest.raises(UsageError, match="churn_v1 is keyed by customer_id"):
        store.historical(filled, SERVICE, frame)


def test_materialize_counts_what_it_wrote_and_remembers_the_date(filled: Workspace) -> None:
    latest = Materializations(filled).required()
    assert (latest.as_of, set(latest.content.days.values())) == (D, {D})
    report = store.materialize(filled, D)
    assert report.rows == {view: len(partition(filled, view, D)) for view in catalog.VIEWS}


def test_the_online_store_is_current_until_the_day_or_the_transforms_change(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fillings = Materializations(filled_copy)
    assert fillings.is_current(D)
    assert not fillings.is_current(D + timedelta(days=1))
    monkeypatch.setattr(partitions, "transform_hash", lambda workspace, view: "other code")
    assert not fillings.is_current(D)


def test_the_store_knows_which_entities_it_was_filled_with(filled: Workspace) -> None:
    for view in catalog.VIEWS:
        assert Materializations(filled).keys(view) == list(partition(filled, view, D).index)


def test_a_filling_that_did_not_end_leaves_the_store_stale(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fillings = Materializations(filled_copy)
    before = fillings.required()
    with monkeypatch.context() as patched:
        patched.setattr(store, "_read_back", raising(StoreError("the online store does not answer")))
        with pytest.raises(StoreError):
            store.materialize(filled_copy, D)
    assert fillings.required() == before
    assert not fillings.is_current(D)
    store.materialize(filled_copy, D)
    assert fillings.is_current(D)
    assert fillings.required().number == before.number + 2


def test_weekly_series_are_shown_as_of_their_monday(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_DEMAND__FREQ", "W")
    weekly = Workspace.open(small_shop.root)
    thursday = FIRST_DAY + timedelta(days=150)
    assert thursday.weekday() == 3
    store.materialize(weekly, thursday)
    days = Materializations(weekly).required().content.days
    assert days == dict.fromkeys(catalog.VIEWS, thursday) | {"series_features": thursday - timedelta(days=3)}


def raising(error: Exception) -> Callable[..., None]:
    def call(*_: object) -> None:
        raise error

    return call


def test_rows_that_cannot_be_read_back_are_an_error(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "fill", lambda workspace, backend, _: backend.clear(map(table_of, catalog.VIEWS)))
    with pytest.raises(StoreError, match="could not be read back"):
        store.materialize(filled_copy, D - timedelta(days=7))


def test_a_workspace_that_was_moved_reads_its_own_snapshots(filled_copy: Workspace) -> None:
    """The registry that went with it speaks of no folder, so nothing has to be registered anew."""
    moved = Workspace.open(filled_copy.root.rename(filled_copy.root.with_name("moved")))
    assert not store.apply(moved, FeatureStore(config=repo_config(moved)))
    frame = store.matrix(moved, SERVICE, D)
    assert_same(frame.set_index(KEY).drop(columns="event_timestamp").sort_index(), partition(moved, VIEW, D))
