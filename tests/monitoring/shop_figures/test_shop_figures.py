"""The shop's figures over the months: what they count, whom they tell nothing of, and what a campaign did."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from core import query_engine
from core.clock import present
from core.messages import texts, title
from core.settings import ShopFigure
from core.workspace import Workspace
from monitoring.shop_figures import campaign_effect, figure_courses, shop_measurement
from monitoring.shop_figures.shop_results import FigureCourse
from tests.support.shop import commit


def orders(workspace: Workspace) -> pd.DataFrame:
    with query_engine.on_tables(workspace) as connection:
        return connection.execute("SELECT * FROM orders").df()


def of(workspace: Workspace) -> dict[str, FigureCourse]:
    return {course.name: course for course in shop_measurement.measure(workspace, present(workspace)).courses}


def test_every_figure_has_a_title_and_may_have_a_target() -> None:
    assert list(figure_courses.FIGURES) == list(get_args(ShopFigure))
    assert all(f"shop_figure.{name}.title" in texts() for name in figure_courses.FIGURES)
    assert title("shop_figure.margin").startswith("margin")


def test_the_figures_of_the_last_window_are_those_of_its_orders(small_shop_readonly: Workspace) -> None:
    as_of = present(small_shop_readonly)
    lines = orders(small_shop_readonly)
    now = lines[pd.to_datetime(lines["day"]) >= pd.Timestamp(as_of - timedelta(days=28))]
    per_customer = now.groupby("customer_id")["order_id"].nunique()
    found = of(small_shop_readonly)
    assert found["revenue"].now == pytest.approx(now["revenue"].sum())
    assert found["active_customers"].now == len(per_customer)
    assert found["repeat_rate"].now == pytest.approx((per_customer >= 2).mean())
    assert found["basket_value"].now == pytest.approx(now["revenue"].sum() / now["order_id"].nunique())
    back = -now["quantity"].clip(upper=0).sum() / now["quantity"].clip(lower=0).sum()
    assert found["returned"].now == pytest.approx(back)
    assert found["revenue"].days[-1] == as_of
    assert len(found["revenue"].days) == 240 // 28


def test_what_a_shop_does_not_bring_has_no_figure(small_shop_readonly: Workspace) -> None:
    assert {"stock_outs", "payment_failures", "rating"}.isdisjoint(of(small_shop_readonly))
    assert shop_measurement.measure(small_shop_readonly, present(small_shop_readonly)).funnel == ()


@pytest.mark.parametrize(
    ("rising", "target", "now", "met"),
    [(True, 10.0, 12.0, True), (True, 10.0, 9.0, False), (False, 0.05, 0.04, True), (False, 0.05, None, None)],
)
def test_a_target_is_kept_or_not_by_the_side_that_is_better(rising, target, now, met) -> None:
    assert FigureCourse("revenue", "economic", "money", rising, (), (now,), target).met is met


def test_a_funnel_tells_who_looked_carted_and_bought_by_region_and_hides_a_handful(small_shop: Workspace) -> None:
    as_of = present(small_shop)
    lines = orders(small_shop)
    week = pd.to_datetime(lines["day"]) >= pd.Timestamp(as_of - timedelta(days=7))
    buyers = sorted(lines[week]["customer_id"].unique())
    ids = [*buyers, *[f"n{number}" for number in range(20)]]
    looks = pd.DataFrame(
        {"customer_id": ids, "kind": "view", "occurred_at": pd.Timestamp(as_of) - pd.Timedelta(days=2)}
    )
    carts = looks.head(len(buyers) + 5).assign(kind="cart")
    customers = pd.DataFrame({"customer_id": ids, "region": ["north"] * (len(ids) - 3) + ["tiny"] * 3})
    commit(small_shop, {"events": pd.concat([looks, carts], ignore_index=True), "customers": customers})
    steps = {step.region: step for step in shop_measurement.measure(small_shop, as_of).funnel}
    assert set(steps) == {"north", ""}
    assert (steps["north"].viewed, steps["north"].carted, steps["north"].bought) == (
        len(ids) - 3,
        len(buyers) + 5,
        len(buyers),
    )
    assert steps[""].viewed == 3


def test_a_campaign_stands_beside_those_held_out_of_it(small_shop: Workspace) -> None:
    as_of = present(small_shop)
    first = pd.Timestamp(as_of - timedelta(days=60))
    lines = orders(small_shop)
    soon = lines[
        (pd.to_datetime(lines["day"]) >= first) & (pd.to_datetime(lines["day"]) < first + pd.Timedelta(days=28))
    ]
    buyers, others = sorted(soon["customer_id"].unique())[:40], [f"n{number}" for number in range(60)]
    contacts = pd.DataFrame(
        {
            "customer_id": buyers + others,
            "campaign_id": "spring",
            "at": first + pd.Timedelta(hours=9),
            "treated": [True] * 40 + [True] * 20 + [False] * 40,
        }
    )
    commit(small_shop, {"contacts": contacts})
    (effect,) = shop_measurement.measure(small_shop, as_of).campaigns
    assert (effect.contacted, effect.bought, effect.held_out, effect.held_out_bought) == (60, 40, 40, 0)
    assert effect.effect == pytest.approx(40 / 60)
    assert effect.low < effect.effect < effect.high
    assert effect.low > 0.4


def test_an_interval_of_a_difference_holds_the_truth_in_95_of_100_trials() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(600):
        low, high = campaign_effect.difference((rng.binomial(80, 0.15), 80), (rng.binomial(50, 0.1), 50))[1:]
        held += low <= 0.05 <= high
    assert held / 600 > 0.93
