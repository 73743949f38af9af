"""Shops in which a kind of model has nothing to learn from: what is missing is said, and what to set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pandas as pd
import pytest

from core.errors import DataError
from core.workspace import Workspace
from models.demand.kind import KIND as DEMAND
from models.kinds import Budget
from models.recommendation.kind import KIND as RECOMMENDATION
from tests.support.shop import FIRST_DAY, commit
from training.demand.folds import rolling
from training.run import train

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
