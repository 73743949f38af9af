"""Features as of a day equal plain SQL over the facts before that day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.workspace import Workspace
from feature_repo import catalog
from tests.feature_repo import oracle
from tests.feature_repo.shops import DAYS, FIRST, features_of, open_shop, shops
from tests.support.shop import FIRST_DAY

MISSING = ("events", "deliveries", "tickets", "reviews", "troubles and mailings", "browsing")
"""What the small shop does not bring."""


def assert_equals_oracle(workspace: Workspace, day: date, *without: str) -> None:
    """Every feature the oracle knows has its value, for every customer."""
    queries = {name: query for name, query in oracle.QUERIES.items() if name not in without}
    ours, theirs = features_of(workspace, "customer_features", day), oracle.features(workspace, day, queries)
    defaults = {f.name: f.default for f in catalog.view("customer_features").features}
    assert sorted(ours.index) == sorted(theirs.index)
    for name in theirs.columns:
        expected = theirs[name].reindex(ours.index)
        if defaults[name] is not None:
            expected = expected.fillna(defaults[name])
        np.testing.assert_allclose(
            ours[name].astype("float64"), expected, rtol=1e-6, atol=2e-6, err_msg=f"{name} as of {day}"
        )


def _holds_for_a_drawn_shop(tables: dict[str, pd.DataFrame], days: int) -> None:
    orders, day = tables["orders"], FIRST + timedelta(days)
    known = orders[orders["customer_id"].notna() & (orders["ordered_at"] < pd.Timestamp(day))]
    if not known.empty:
        assert_equals_oracle(open_shop(tables), day)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(shops(), st.integers(2, DAYS))
def test_features_of_any_shop_equal_the_sql_oracle(tables: dict[str, pd.DataFrame], days: int) -> None:
    _holds_for_a_drawn_shop(tables, days)


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(shops(), st.integers(2, DAYS))
def test_features_of_many_shops_equal_the_sql_oracle(tables: dict[str, pd.DataFrame], days: int) -> None:
    _holds_for_a_drawn_shop(tables, days)


@pytest.mark.parametrize("days", [30, 240])
def test_features_of_the_small_shop_equal_the_sql_oracle(small_shop_readonly: Workspace, days: int) -> None:
    assert_equals_oracle(small_shop_readonly, FIRST_DAY + timedelta(days), *MISSING)


def test_the_oracle_covers_every_family_that_the_shops_have_data_for() -> None:
    known = oracle.names()
    families = {
        family.__name__: {f.name for f in family.FEATURES} for family in catalog.view("customer_features").families
    }
    unknown = {name.rpartition(".")[2] for name, features in families.items() if not features & known}
    assert unknown <= {"account", "rhythm"}
    assert len(known) >= 80


def test_features_beside_a_customer_with_nearly_every_line_equal_the_sql_oracle(small_shop: Workspace) -> None:
    [file] = small_shop.tables.files("orders")
    lines = pd.read_parquet(file)
    lines.loc[np.arange(len(lines)) % 20 > 0, "customer_id"] = "c003"
    lines.to_parquet(file, coerce_timestamps="us")
    assert_equals_oracle(small_shop, FIRST_DAY + timedelta(days=240), *MISSING)
