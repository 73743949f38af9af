"""What past launches tell of new ones: the loved brand is found, failures are stopped, and nothing is made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from core.settings import Launches
from models.demand.launches.launch_model import Launched, LaunchTerms, learn
from models.demand.launches.past_launches import past_launches
from models.demand.launches.product_selection import LaunchStudy, candidates_of, product_selection, stop_loss, study
from tests.models.demand.launches.launching_shop import DAYS, FIRST_DAY, launching_shop

SETTINGS = Launches(days=60, stop_days=20)
TERMS = LaunchTerms(60, 56, 0.0, 20)


@cache
def studied() -> LaunchStudy:
    return study(launching_shop(), SETTINGS, 1)


def offered(**columns: list[object]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    usual = {"name": None, "category": "category 1", "department": "department 1", "brand": "plain", "list_price": 5.0,
             "unit_cost": 2.0}  # fmt: skip
    ids = pd.Index([f"new {number}" for number in range(count)], name="product_id")
    return pd.DataFrame(usual | columns, ids).assign(list_price=lambda rows: rows["list_price"].astype(float))


def test_a_launch_is_what_came_after_the_shop_had_settled() -> None:
    shop = launching_shop(40)
    found = past_launches(shop, 56, 60)
    assert (found.days > 60).all()
    assert len(found.days) == 32
    over = found.over(60, DAYS)
    assert np.isfinite(found.sold()[over]).all()
    assert np.isnan(found.sold()[~over]).all()
    first = shop.sales[shop.sales["product"] == found.items["product"].iloc[0]]
    inside = first[first["day"] < found.days[0] + 60]
    assert found.sold()[0] == inside["units"].sum()


def test_a_product_known_to_be_on_sale_is_a_launch_even_if_nobody_buys_it() -> None:
    shop = launching_shop(40)
    products = shop.products.copy()
    products.loc["unsold"] = products.iloc[0]
    products["launched_on"] = pd.Series(pd.NaT, products.index, dtype="datetime64[ns]")
    products.loc["unsold", "launched_on"] = pd.Timestamp(FIRST_DAY + timedelta(days=100))
    products.loc["p039", "launched_on"] = pd.Timestamp(FIRST_DAY - timedelta(days=900))
    found = past_launches(replace(shop, products=products), 56, 60)
    assert "unsold" in found.items.index
    assert found.sold()[found.items.index.get_loc("unsold")] == 0
    assert "p039" not in found.items.index, "it was on sale long before it first sold"


def test_what_sold_after_the_day_changes_nothing() -> None:
    shop = launching_shop()
    launched = Launched.of(shop, TERMS)
    early = learn(launched, 240, TERMS)
    changed = shop.sales.assign(units=shop.sales["units"].where(shop.sales["day"] < 240, 77.0))
    again = learn(Launched.of(replace(shop, sales=changed), TERMS), 240, TERMS)
    assert early.first is not None
    assert again.first is not None
    np.testing.assert_array_equal(early.first.weights, again.first.weights)
    assert early.shift == again.shift


def test_the_brand_that_sells_is_likelier_to_succeed() -> None:
    rows = product_selection(studied(), offered(brand=["loved", "plain"]), SETTINGS).set_index("brand")
    assert rows.loc["loved", "success_probability"] > 0.6
    assert rows.loc["plain", "success_probability"] < 0.4
    assert rows.loc["loved", "rank"] == 1
    assert (rows["margin"] == 0.6).all()
    judged = studied().evaluation
    assert judged is not None
    assert judged.metrics["roc_auc"].low > 0.7
    assert judged.metrics["log_loss_less"].high < 0


def test_few_stops_are_wrong_and_most_failures_are_found() -> None:
    judged = studied().evaluation
    assert judged is not None
    stop = judged.stop
    assert stop is not None
    assert stop.wrongly <= 0.2 * stop.stopped
    assert stop.stopped - stop.wrongly >= 0.5 * stop.failures
    rows = stop_loss(studied(), SETTINGS)
    assert rows["days_on_sale"].between(20, 59).all()
    assert (rows["stop"] == (rows["reach_probability"] < SETTINGS.stop_below)).all()
    assert rows.loc[rows["stop"], "sold_units"].mean() < rows.loc[~rows["stop"], "sold_units"].mean()


def test_what_is_not_known_is_named_and_makes_no_score() -> None:
    new = offered(
        category=["category 1", "unheard of", "category 1"],
        list_price=[np.nan, 5.0, 5.0],
        unit_cost=[np.nan, 1.0, 7.0],
    )
    rows = product_selection(studied(), new, SETTINGS).set_index("product_id")
    assert rows.loc["new 0", "missing"] == "margin"
    assert rows.loc["new 1", "missing"] == "competition"
    assert rows.loc["new 1", "alike_by"] == "department"
    assert rows.loc["new 2", "margin"] == 0
    assert rows.loc["new 2", "expected_margin"] < 0
    assert rows["score"].between(0, 1).all()


def test_few_launches_give_the_base_rate_and_none_give_nothing() -> None:
    few = study(launching_shop(50), SETTINGS, 1)
    assert few.evaluation is None
    told = product_selection(few, offered(brand=["loved", "plain"]), SETTINGS)
    assert told["success_probability"].nunique() == 1
    assert told["success_probability"].iloc[0] == pytest.approx(few.model.base, abs=1e-4)
    assert not stop_loss(few, SETTINGS)["stop"].any()
    none = study(launching_shop(50, launches=False), SETTINGS, 1)
    told = product_selection(none, offered(brand=["loved"]), SETTINGS)
    assert told["success_probability"].isna().all()
    assert told["missing"].iloc[0] == "success"
    assert told["score"].notna().all()
    assert stop_loss(none, SETTINGS).empty


def test_candidates_are_the_products_that_can_be_had_and_have_not_sold() -> None:
    shop = launching_shop(20)
    more = pd.DataFrame({"available": [None, False, False], "launched_on": [None, None, shop.stop]},
                        pd.Index(["waiting", "gone", "coming"], name="product_id"))  # fmt: skip
    products = pd.concat([shop.products.astype({"available": object, "launched_on": object}), more])
    assert list(candidates_of(replace(shop, products=products)).index) == ["waiting", "coming"]
