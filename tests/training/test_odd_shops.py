"""Shops in which a kind of model has nothing to learn from: what is missing is said, and what to set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError
from core.workspace import Workspace
from models.demand.kind import KIND as DEMAND
from models.kinds import Budget
from models.recommendation.kind import KIND as RECOMMENDATION
from models.value.kind import KIND as VALUE
from models.value.model import FIGURES
from tests.support.shop import FIRST_DAY, commit
from training.demand.folds import rolling
from training.run import fit, train

D = FIRST_DAY + timedelta(days=189)
EARLY = FIRST_DAY + timedelta(days=140)
BUDGET = Budget(1, 900)


@pytest.fixture
def selling(small_shop: Workspace) -> Callable[[Callable[[pd.DataFrame], pd.DataFrame]], Workspace]:
    """The small shop with other order lines."""

    def make(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Workspace:
        files = small_shop.tables.files("orders")
        lines = pd.concat([pd.read_parquet(path) for path in files], ignore_index=True)
        lines = lines.drop(columns=["day", "local_at", "row_key"])
        commit(small_shop, {"orders": change(lines)})
        return small_shop

    return make


def on_saturdays(lines: pd.DataFrame) -> pd.DataFrame:
    at = lines["ordered_at"]
    return lines.assign(ordered_at=at.dt.normalize() + pd.to_timedelta(5 - at.dt.weekday, "D") + pd.Timedelta(hours=11))


def unique_pieces(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.assign(product_id=[f"piece {number}" for number in range(len(lines))])


def subscriptions(lines: pd.DataFrame) -> pd.DataFrame:
    """Everyone buys what they bought first, and nobody joins later."""
    lines = lines.sort_values("ordered_at")
    first = lines.groupby("customer_id")["ordered_at"].transform("min")
    lines = lines[first < pd.Timestamp(FIRST_DAY + timedelta(days=28))]
    return lines.assign(product_id=lines.groupby("customer_id")["product_id"].transform("first"))


def once_each(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.sort_values("ordered_at").drop_duplicates("customer_id")


def given_back(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.assign(quantity=-lines["quantity"].abs(), revenue=-lines["revenue"].abs())


def on_one_day(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.assign(ordered_at=pd.Timestamp(FIRST_DAY) + pd.Timedelta(hours=12))


def in_eight_weeks(lines: pd.DataFrame) -> pd.DataFrame:
    return lines[lines["ordered_at"] >= pd.Timestamp(D - timedelta(days=56))]


def with_a_reseller(lines: pd.DataFrame) -> pd.DataFrame:
    """One customer has ten thousand orders, one gave back more than was bought."""
    many = lines.sample(10_000, replace=True, random_state=1).assign(customer_id="reseller")
    many = many.assign(order_id=[f"r{number}" for number in range(len(many))])
    refunded = lines["customer_id"] == lines["customer_id"].min()
    return pd.concat([lines.assign(revenue=lines["revenue"].where(~refunded, -lines["revenue"].abs())), many])


@pytest.mark.parametrize("shop", [once_each, given_back, on_one_day])
def test_where_hardly_anybody_comes_back_no_value_is_told(selling: Callable[..., Workspace], shop: Any) -> None:
    with pytest.raises(DataError, match="too seldom: 0 times") as caught:
        train(selling(shop), VALUE, D, BUDGET)
    assert "at least 30 times" in str(caught.value.why)


def test_eight_weeks_are_too_few_for_value_and_the_earliest_date_is_named(selling: Callable[..., Workspace]) -> None:
    with pytest.raises(DataError, match="too early to train value") as caught:
        train(selling(in_eight_weeks), VALUE, D, BUDGET)
    assert "84 days of history are needed" in str(caught.value.why)
    assert "the earliest possible --as-of is 2024-08-05" in str(caught.value.todo)


@pytest.mark.long
def test_a_reseller_and_a_refund_get_figures_like_anybody(selling: Callable[..., Workspace], tmp_path: Path) -> None:
    shop = selling(with_a_reseller)
    fit(shop, VALUE, D, tmp_path, BUDGET)
    file = VALUE.predict_file(shop, VALUE.load(tmp_path / "model"), D, "1").set_index("customer_id")
    assert np.isfinite(file[list(FIGURES)].to_numpy(dtype=float)).all()
    assert (file[list(FIGURES)] >= 0).all().all()
    assert file["spend_28d"].idxmax() == "reseller"
    assert (file["visits_28d_high"] <= 28).all()


def test_a_saturday_stall_is_told_to_forecast_weeks_and_can(selling: Callable[..., Workspace]) -> None:
    stall = selling(on_saturdays)
    with pytest.raises(DataError, match="no series as of") as caught:
        train(stall, DEMAND, EARLY, BUDGET)
    assert caught.value.why == "none was sold on 28 days before it (demand.min_days = 28)"
    assert 'demand.freq = "W"' in str(caught.value.todo)
    file = stall.root / "regulars.toml"
    file.write_text(file.read_text().replace('freq = "D"', 'freq = "W"'))
    assert rolling(Workspace.open(stall.root), EARLY).windows()


def test_a_shop_of_unique_pieces_is_told_what_a_recommendation_needs(selling: Callable[..., Workspace]) -> None:
    with pytest.raises(DataError, match="no product can be recommended as of") as caught:
        train(selling(unique_pieces), RECOMMENDATION, D, BUDGET)
    assert "recommendation.min_purchases = 3" in str(caught.value.why)


def test_where_nobody_buys_anything_new_that_is_what_is_said(selling: Callable[..., Workspace]) -> None:
    with pytest.raises(DataError, match="no known customer bought a product for the first time"):
        train(selling(subscriptions), RECOMMENDATION, D, BUDGET)
