"""Rows of some customers are those of the snapshot of all, and cost no snapshot of all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from core.clock import day_start
from core.workspace import Workspace
from feature_repo import catalog, drawn_snapshots, kept_aggregates, partitions, store
from tests.feature_repo.shops import assert_same
from tests.support.every_table import shop_of_every_table
from tests.support.shop import FIRST_DAY

DAYS = [FIRST_DAY + timedelta(days=100), FIRST_DAY + timedelta(days=130)]


@pytest.fixture(scope="module")
def every_table(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return shop_of_every_table(tmp_path_factory.mktemp("shop") / "workspace", customers=60, days=140)


def entities(workspace: Workspace) -> pd.DataFrame:
    return pd.concat([store.entities(workspace, "churn_v1", day).iloc[1::7] for day in DAYS], ignore_index=True)


@pytest.mark.parametrize("least_lines", [1, 10**9], ids=["numbers for ids", "ids"])
def test_each_family_says_the_same_of_some_customers_as_among_all(
    every_table: Workspace, monkeypatch: pytest.MonkeyPatch, least_lines: int
) -> None:
    """A family that looks at others and stands among those that do not is found here."""
    monkeypatch.setattr(kept_aggregates, "LEAST_LINES", least_lines)
    asked = entities(every_table)
    among_all = store.historical(every_table, "churn_v1", asked)
    alone = store.historical_of_some(every_table, "churn_v1", asked)
    keys = ["customer_id", "event_timestamp"]
    assert len(among_all) > 10
    assert_same(alone.set_index(keys), among_all.set_index(keys), tolerance=1e-9)


@pytest.mark.parametrize("least_lines", [1, 10**9], ids=["numbers for ids", "ids"])
def test_histories_of_some_customers_are_those_among_all(
    every_table: Workspace, monkeypatch: pytest.MonkeyPatch, least_lines: int
) -> None:
    monkeypatch.setattr(kept_aggregates, "LEAST_LINES", least_lines)
    everybody = store.entities(every_table, "recommendation_v2", DAYS[1], key="customer_id")
    assert drawn_snapshots.buyers(every_table, DAYS[1]) == everybody["customer_id"].tolist()
    some = everybody.iloc[::5]
    among_all = store.historical(every_table, "recommendation_v2", some)
    alone = store.historical_of_some(every_table, "recommendation_v2", some)
    for name in among_all.columns:
        assert str(list(alone[name])) == str(list(among_all[name])), name


def test_every_family_that_comes_with_the_product_is_known_to_look_at_others_or_not() -> None:
    views = ("customer_features", "customer_history", "customer_interests")
    families = {family for view in views for family in catalog.view(view).family_names}
    assert families - drawn_snapshots.OF_ITSELF == {"brands", "neighbours", "rfm"}
    assert families > drawn_snapshots.OF_ITSELF


def test_no_snapshot_is_built_and_nothing_is_left_lying(small_shop: Workspace) -> None:
    zone, day = small_shop.tables.timezone, DAYS[0]
    asked = pd.DataFrame({"customer_id": ["c001"], "event_timestamp": [pd.Timestamp(day_start(day, zone))]})
    found = store.historical_of_some(small_shop, "churn_v1", asked)
    assert len(found) == 1
    assert partitions.built_days(small_shop, "customer_features") == []
    assert not list(Path(small_shop.root / ".spill").rglob("*.parquet"))


def test_views_that_are_not_of_customers_are_read_from_snapshots(small_shop: Workspace) -> None:
    assert not drawn_snapshots.can_draw(small_shop, catalog.view("product_features"))
    assert drawn_snapshots.can_draw(small_shop, catalog.view("customer_features"))
