"""A price is lowered where that brings in more of the stock that is left, no further than margin and past allow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.demand.advice import Advice
from models.demand.forecast import Forecast
from models.demand.inventory.demand_draws import DemandAhead
from models.demand.outlook import Outlook
from models.demand.pricing.markdown import MarkdownPlan, MarkdownTerms, markdown_plan
from tests.support.price_panel import make_responses

BEGINS, DAYS = date(2024, 1, 1), 28
PLENTY, COST = 1000.0, 0.8


def make_plan(
    elasticity: float = -3.0, on_hand: float = PLENTY, margin: float | None = None, **changed: object
) -> MarkdownPlan:
    mean = np.full((1, DAYS), 10.0)
    days = tuple(BEGINS + timedelta(days=day) for day in range(DAYS))
    coming = Forecast(("a",), days, mean, mean[:, :, None] * np.array([0.4, 0.8, 1.0, 1.2, 1.7]))
    seen: dict[str, Any] = {"lowest": np.array([1.0]), **changed}
    responses = replace(make_responses(elasticity, 0.1), **seen)
    no = np.zeros(1, dtype=bool)
    outlook = Outlook(BEGINS, ("product_id",), coming, Advice(no, no, np.zeros(len(no))), prices=responses)
    terms = MarkdownTerms(BEGINS, days[-1], margin)
    stock, costs = pd.Series({"a": on_hand}), pd.Series({"a": COST})
    return markdown_plan(outlook, DemandAhead(coming, 1, 1.2), stock, costs, terms)


def only(plan: MarkdownPlan) -> pd.Series[object]:
    [row] = [row for _, row in plan.rows.iterrows()]
    return row


def test_plenty_of_an_elastic_product_is_marked_down_at_once():
    row = only(plan := make_plan())
    assert (row["begins"], plan.reduced) == (BEGINS, 1)
    assert row["change"] < -0.2
    assert row["units"] > row["planned_units"]
    assert row["left"] == pytest.approx(PLENTY - row["units"])
    assert row["revenue"] - row["planned_revenue"] == pytest.approx(plan.gained)


def test_what_is_planned_to_sell_is_the_forecast() -> None:
    """Its quantiles say more: the lines through them have a mean above 10."""
    assert only(make_plan())["planned_units"] == pytest.approx(10.0 * DAYS)


def test_what_sells_anyway_keeps_its_price():
    row = only(make_plan(on_hand=150.0))
    assert row["begins"] is None
    assert (row["new_price"], row["change"]) == (2.0, 0.0)
    assert row["sold_out"] > 0.95


def test_a_product_that_hardly_answers_keeps_its_price():
    assert only(make_plan(elasticity=-0.5))["begins"] is None


def test_no_price_is_below_the_margin():
    row = only(make_plan(margin=0.5))
    assert row["new_price"] == pytest.approx(1.6)
    assert row["limited_by"] == "margin"
    assert row["new_price"] * 0.5 >= COST


def test_no_price_is_further_than_one_that_was_ever_seen():
    row = only(make_plan(lowest=np.array([1.7])))
    assert row["limited_by"] == "range"
    assert row["new_price"] >= 1.7 / 1.2


def test_a_little_too_much_is_marked_down_later_or_less():
    some, plenty = only(make_plan(on_hand=350.0)), only(make_plan())
    assert some["new_price"] > plenty["new_price"] or some["begins"] > plenty["begins"]
    assert some["left"] < 350 - some["planned_units"]


def test_a_price_that_never_moved_is_not_lowered():
    row = only(make_plan(refused=("price_never_moved",)))
    assert (row["begins"], row["refused"]) == (None, "price_never_moved")


def test_without_stock_there_is_nothing_to_plan():
    plan = make_plan(on_hand=0.0)
    assert (len(plan.rows), plan.reduced, plan.gained) == (0, 0, 0.0)
