from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError, UsageError
from core.settings import Demand
from feature_repo.families.series_features import check_keys, series_id
from models.demand.series import join_keys, origin, split_id, unpack

DAY = date(2024, 7, 1)


def features(**columns):
    row = {
        "series_id": "a",
        "first_sold_days": 10.0,
        "revenue_28d": 5.0,
        "discount_share_28d": 0.1,
        "discount_share_182d": 0.1,
        "high_risk": 0,
        "sold_days": [1, 3, 10],
        "sold_units": [2.0, 4.0, 1.0],
        "promo_starts": [-7, 0],
        "promo_ends": [-1, 6],
        "promo_display": [0.5, 0.25],
        "promo_mailer": [0.0, 1.0],
        "promo_other": [0.0, 0.0],
    }
    return pd.DataFrame([row | columns])


@given(st.lists(st.text(max_size=6), min_size=1, max_size=3))
def test_an_id_gives_its_keys_back(values):
    assert split_id(join_keys(values), [f"k{i}" for i in range(len(values))]) == tuple(values)


@given(
    st.lists(st.text("a%|7C25", max_size=6), min_size=2, max_size=2),
    st.lists(st.text("a%|7C25", max_size=6), min_size=2, max_size=2),
)
def test_different_keys_have_different_ids(one, other):
    assert (join_keys(one) == join_keys(other)) == (one == other)


def test_the_store_builds_the_same_id():
    frame = pd.DataFrame({"a": ["x|y", "50%", "%7C"], "b": ["z", "", "|"]})
    table = ibis.memtable(frame)
    built = ibis.duckdb.connect().execute(table.select(id=series_id(table, ["a", "b"])))["id"]
    assert list(built) == [join_keys(row) for row in frame.to_numpy().tolist()]


def test_an_impossible_key_names_the_nearest():
    with pytest.raises(UsageError, match="category"):
        check_keys(["categry"])


def test_an_id_with_too_few_keys_is_refused():
    with pytest.raises(DataError, match="no series"):
        split_id("a", ["store_id", "category"])


def test_packed_days_become_an_array_oldest_first():
    found = unpack(features(), DAY, Demand())
    assert found.units.tolist() == [[1, 0, 0, 0, 0, 0, 0, 4, 0, 2]]
    assert found.started.tolist() == [0]


def test_promotions_cover_their_days_and_no_others():
    display = unpack(features(), DAY, Demand()).promoted[0, 0]
    behind = 84
    assert display[behind - 7 : behind].tolist() == [0.5] * 7
    assert display[behind : behind + 7].tolist() == [0.25] * 7
    assert display.sum() == pytest.approx(7 * 0.75)


def test_weeks_sum_their_days_and_an_incomplete_first_week_is_cut():
    found = unpack(features(), DAY, Demand(freq="W"))
    assert found.units.tolist() == [[6.0]]
    assert found.first_days(2) == [DAY, DAY + timedelta(days=7)]


def test_a_shop_without_promotions_is_unpacked():
    missing = {name: None for name in features() if name.startswith("promo")}
    assert not unpack(features(**missing), DAY, Demand()).promoted.any()


def test_no_series_is_said_with_what_to_do():
    with pytest.raises(DataError, match="min_days"):
        unpack(features().iloc[:0], DAY, Demand())


def test_weekly_forecasts_start_on_the_monday_of_the_week():
    assert origin(date(2024, 7, 4), "W") == date(2024, 7, 1)
    assert origin(date(2024, 7, 4), "D") == date(2024, 7, 4)
    assert np.ndim(unpack(features(), DAY, Demand()).revenue) == 1
