"""Business figures, data quality, protected attributes and surges, on the small shop."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from core.clock import present
from core.manifest import PROTECTED
from monitoring import business, forecast_flags, prices, protected, quality
from tests.support import shop


@pytest.fixture(scope="module")
def frames():
    return shop.frames()


def recent(frames, days):
    orders = frames["orders"]
    return orders["ordered_at"] >= orders["ordered_at"].max() - pd.Timedelta(days=days)


def test_the_figures_are_those_counted_by_hand(small_shop_readonly, frames):
    workspace = small_shop_readonly
    today = present(workspace)
    orders = frames["orders"]
    local = orders["ordered_at"].dt.tz_localize("UTC").dt.tz_convert(shop.ZONE).dt.tz_localize(None)
    window = orders[(local >= pd.Timestamp(today) - pd.Timedelta(days=28)) & (local < pd.Timestamp(today))]
    per_customer = window.groupby("customer_id")["order_id"].nunique()
    found = {figure.name: figure.value for figure in business.figures(workspace, [today])}
    assert found["revenue"] == pytest.approx(window["revenue"].sum())
    assert found["orders"] == window["order_id"].nunique()
    assert found["active customers"] == len(per_customer)
    assert found["repeat rate"] == pytest.approx((per_customer >= 2).mean())


def test_the_first_window_has_no_baseline(small_shop_readonly):
    day = small_shop_readonly.tables.first_day() + timedelta(days=28)
    assert {figure.baseline for figure in business.figures(small_shop_readonly, [day])} == {None}


def test_halved_revenue_shows_on_every_day(small_shop, frames):
    orders = frames["orders"].copy()
    orders.loc[recent(frames, 31), "revenue"] /= 2
    shop.commit(small_shop, {"orders": orders})
    today = present(small_shop)
    found = business.figures(small_shop, [today - timedelta(days=back) for back in range(3)])
    assert all(figure.change < -0.35 for figure in found if figure.name == "revenue")


def test_the_small_shop_passes_every_check(small_shop_readonly):
    assert all(check.passed for check in quality.shop(small_shop_readonly, present(small_shop_readonly)))


def test_orders_that_lose_their_customer_fail_a_check(small_shop, frames):
    orders = frames["orders"].copy()
    orders.loc[recent(frames, 14), "customer_id"] = None
    shop.commit(small_shop, {"orders": orders})
    failed = {check.name for check in quality.shop(small_shop, present(small_shop)) if not check.passed}
    assert failed == {"lines without a customer", "customers of the last 7 days"}


def test_features_that_went_missing_or_constant_are_named():
    before = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 2.0, 3.0, 4.0], "c": [1.0, 2.0, 1.0, 2.0]})
    now = pd.DataFrame({"a": [1.0, None, None, 2.0], "b": [1.0, 2.0, 3.0, 4.0], "c": [1.0, 1.0, 1.0, 1.0]})
    texts = {check.name: str(check.says) for check in quality.features([before], now) if not check.passed}
    assert texts["features that went missing"] == "1 of 3: a"
    assert texts["features that became constant"] == "1 of 3: c"
    of_view = [check.name for check in quality.features([before], now, "customer_base")]
    assert of_view == ["features of customer_base that went missing", "features of customer_base that became constant"]


def test_what_was_constant_before_may_be_so_again():
    before = [pd.DataFrame({"campaigns": [1.0, 2.0]}), pd.DataFrame({"campaigns": [0.0, 0.0]})]
    assert all(check.passed for check in quality.features(before, pd.DataFrame({"campaigns": [0.0, 0.0]})))


def test_groups_follow_the_order_asked_for_and_strangers_are_unknown(small_shop_readonly, frames):
    known = frames[PROTECTED].set_index("customer_id")["value"]
    found = protected.groups(small_shop_readonly, ["c005", "nobody", "c001"])
    assert found["age_band"].tolist() == [known["c005"], "unknown", known["c001"]]


def test_contradicting_or_empty_values_are_unknown(small_shop):
    rows = [("c1", "a"), ("c1", "b"), ("c2", " "), ("c3", "a"), ("c3", "a")]
    table = pd.DataFrame(rows, columns=["customer_id", "value"]).assign(attribute="g")
    shop.commit(small_shop, {PROTECTED: table})
    assert protected.groups(small_shop, ["c1", "c2", "c3"])["g"].tolist() == ["unknown", "unknown", "a"]


def test_a_shop_without_protected_attributes_has_no_groups(new_workspace):
    assert protected.attributes(new_workspace) == []
    assert protected.groups(new_workspace, ["c1"]).shape == (1, 0)


def test_a_surge_needs_both_the_ratio_and_the_units(small_shop, frames):
    orders = frames["orders"].copy()
    hot = orders["product_id"].isin(["000", "006"]) & recent(frames, 6.5)
    orders.loc[hot, "quantity"] = 60.0
    shop.commit(small_shop, {"orders": orders})
    known = forecast_flags.known(small_shop, present(small_shop))
    assert forecast_flags.surging(small_shop, known) == ["category 0 (rarer than 1 in 1,000 weeks)"]
    assert len(known.ids) == 6


def test_a_forecast_above_the_limit_or_of_a_risky_category_waits_for_a_reviewer(small_shop_readonly):
    known = forecast_flags.known(small_shop_readonly, present(small_shop_readonly))
    names, days = ["category 0", "category 0", "category 1"], [date(2024, 7, 1), date(2024, 7, 2), date(2024, 7, 1)]
    forecast = pd.DataFrame({"category": names, "date": days, "mean": [600.0, 600.0, 10.0]})
    [large] = forecast_flags.waiting(small_shop_readonly, known, forecast)
    assert (large.name, large.units, large.high_risk) == ("category 0", 1200.0, False)
    assert large.units_before == known.units[known.ids.index("category 0"), -2:].sum()
    known = replace(known, high_risk=np.array([name == "category 1" for name in known.ids]))
    waiting = forecast_flags.waiting(small_shop_readonly, known, forecast)
    assert [(each.name, each.high_risk) for each in waiting] == [("category 0", False), ("category 1", True)]


def test_price_levels_are_relative_to_the_category(small_shop_readonly):
    levels = prices.levels(small_shop_readonly, present(small_shop_readonly))
    assert levels.median() == pytest.approx(1.0, abs=0.2)
    assert levels.min() > 0
