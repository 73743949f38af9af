"""Regions that hold their stock together need no more of it than each by itself, and one alone needs what it needed."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from core.errors import UsageError
from core.settings import Settings
from models.demand.forecast import Forecast
from models.demand.inventory.demand_draws import DRAWS, DemandAhead
from models.demand.inventory.levels import OrderTerms, stock_levels
from models.demand.inventory.order_plan import order_plan
from models.demand.inventory.pooling import pooled, pooled_keys, separate_safety_stock
from models.demand.inventory.stock import Stock
from models.demand.inventory.terms import order_terms
from models.demand.levels.series_groups import SeriesGroups

TERMS = OrderTerms(lead_time_days=5, review_days=7)
DAYS = tuple(date(2024, 7, 1) + timedelta(days=day) for day in range(14))


def ahead(level: list[float], spread: float, dispersion: float) -> DemandAhead:
    """Series of these levels that sell each day about as much."""
    mean = np.array(level)[:, None] * np.linspace(0.8, 1.2, len(DAYS))
    bands = mean[:, :, None] * (1 + spread * np.array([-1.645, -0.674, 0.0, 0.674, 1.645]))
    ids = tuple(f"tea|{number}" for number in range(len(level)))
    return DemandAhead(Forecast(ids, DAYS, mean, np.maximum(bands, 0.0)), 1, dispersion)


def in_one(series: int) -> SeriesGroups:
    return SeriesGroups(("category",), ("tea",), np.zeros(series, dtype=int))


def noise(service: float) -> float:
    """Three standard errors of a normal sum's quantile from draws, as a share of its distance from the mean."""
    away = norm.ppf(service)
    return float(3 * np.sqrt(service * (1 - service) / DRAWS) / (norm.pdf(away) * away))


@settings(max_examples=25, deadline=None)
@given(
    level=st.lists(st.floats(5, 500), min_size=2, max_size=6),
    spread=st.floats(0.1, 0.55),
    dispersion=st.floats(1.0, 3.0),
    correlation=st.floats(0.0, 0.95),
    service=st.sampled_from([0.8, 0.9, 0.95, 0.98]),
)
def test_a_pool_holds_no_more_than_its_series_by_themselves(
    level: list[float], spread: float, dispersion: float, correlation: float, service: float
) -> None:
    each, groups = ahead(level, spread, dispersion), in_one(len(level))
    apart = separate_safety_stock(each, groups, TERMS, np.full(len(level), service))
    together = stock_levels(pooled(each, groups, {"category": correlation}), TERMS, np.array([service]))
    assert together.demand.mean == pytest.approx(each.over(5, then=7).mean.sum())
    assert together.safety_stock[0] <= (1 + noise(service)) * apart[0] + 1


def test_a_pool_of_one_series_is_the_series() -> None:
    each = ahead([20.0, 70.0], 0.4, 1.3)
    apart = SeriesGroups(("category",), ("a", "b"), np.array([0, 1]))
    one, other = (stock_levels(found, TERMS, np.full(2, 0.95)) for found in (each, pooled(each, apart, {})))
    for name in ("reorder_point", "order_up_to", "safety_stock"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    assert one.lead_time.draws.tolist() == other.lead_time.draws.tolist()
    assert separate_safety_stock(each, apart, TERMS, np.full(2, 0.95)).tolist() == one.safety_stock.tolist()


def test_regions_that_go_together_save_less_and_the_order_of_a_level_does_not_matter() -> None:
    each = ahead([50.0] * 4, 0.4, 1.0)
    groups = SeriesGroups(("category", "channel"), ("tea|web",), np.zeros(4, dtype=int))
    held = [
        stock_levels(pooled(each, groups, {"channel,category": found}), TERMS, np.array([0.95])).safety_stock[0]
        for found in (0.0, 0.5, 0.95)
    ]
    apart = separate_safety_stock(each, groups, TERMS, np.full(4, 0.95))[0]
    assert held == sorted(held)
    assert held[0] == pytest.approx(apart / 2, rel=0.1)
    assert held[-1] == pytest.approx(apart, rel=0.1)


def test_a_plan_of_pools_has_their_stock_in_one_row_and_says_what_pooling_saves() -> None:
    each, groups, shop = ahead([50.0] * 4, 0.4, 1.0), in_one(4), Settings()
    terms, units = order_terms(shop), pd.DataFrame({"on_hand": [90.0], "on_order": [5.0], "day": [DAYS[0]]}, ["tea"])
    apart = separate_safety_stock(each, groups, terms, np.full(4, 0.95))
    together = pooled(each, groups, {})
    plan = order_plan(("category",), together, np.array([0.95]), Stock(units), shop, separate=apart)
    [row] = plan.rows.to_dict("records")
    assert (row["category"], row["as_of"], row["position"]) == ("tea", DAYS[0], 95.0)
    assert row["pooling_saves"] == pytest.approx(apart[0] - row["safety_stock"])
    assert row["pooling_saves"] > 0
    assert row["order_quantity"] == row["order_up_to"] - 95
    assert plan.separate_safety_stock == apart[0]


@pytest.mark.parametrize(
    ("series", "column", "said"),
    [
        (["category", "region"], "regin", "did you mean 'region'?"),
        (["category"], "region", "put region or store_id into demand.series"),
        (["category", "region"], "category", "one product's stock is not sold as another's"),
        (["region"], "region", 'demand.series = ["category", "region"]'),
    ],
)
def test_what_cannot_be_pooled_is_refused_with_what_to_do(series: list[str], column: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        pooled_keys(series, column)
    assert said in str(refused.value)


def test_a_pool_is_named_by_the_other_keys() -> None:
    assert pooled_keys(("product_id", "region", "channel"), "region") == ("product_id", "channel")
