"""What the service says of ordering: the order plan's levels, and nothing that nobody can know."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from core.workspace import Workspace
from models.demand.forecast import Forecast
from models.demand.inventory.replenishment import Replenishment, SeriesLevels, replenishment
from tests.support.shop import commit, empty_workspace

DAY = date(2024, 3, 5)
CERTAIN = Forecast(
    ("coffee", "tea"),
    tuple(DAY + timedelta(days=step) for step in range(28)),
    np.full((2, 28), 10.0),
    np.full((2, 28, 5), 10.0),
)


def told(workspace: Workspace, forecast: Forecast = CERTAIN, dispersion: float = 1.0) -> Replenishment:
    return replenishment(workspace, ("category",), forecast, dispersion, DAY)


def test_without_uncertainty_levels_are_the_sales_of_their_days(tmp_path: Path) -> None:
    found = told(empty_workspace(tmp_path / "shop"))
    assert found.reorder_point.tolist() == [70.0, 70.0]
    assert found.order_up_to.tolist() == [140.0, 140.0]
    assert found.at(0) == SeriesLevels(70.0, 140.0, None)


def test_levels_grow_with_dispersion_and_with_a_category_s_own_service_level(tmp_path: Path) -> None:
    spread = Forecast(CERTAIN.ids, CERTAIN.days, CERTAIN.mean, CERTAIN.mean[:, :, None] + np.array([-8, -4, 0, 4, 8.0]))
    workspace = empty_workspace(tmp_path / "shop", ordering={"service_levels": {"tea": 0.99}})
    coffee, tea = told(workspace, spread).reorder_point
    assert 70 < coffee < tea
    assert (told(workspace, spread, dispersion=2.0).reorder_point > [coffee, tea]).all()


def test_a_lead_time_beyond_the_forecast_leaves_order_up_to_open(tmp_path: Path) -> None:
    found = told(empty_workspace(tmp_path / "shop", demand={"lead_time_days": 25, "trials": 2}))
    assert found.at(0) == SeriesLevels(250.0, None, None)


def test_the_risk_is_told_of_series_whose_stock_is_known(tmp_path: Path) -> None:
    workspace = empty_workspace(tmp_path / "shop")
    products = pd.DataFrame({"product_id": ["p1"], "category": ["tea"]})
    counted = pd.DataFrame({"product_id": ["p1"], "date": [date(2024, 3, 4)], "on_hand": [69.0]})
    commit(workspace, {"products": products, "stock": counted})
    coffee, tea = (told(workspace).at(row).stockout_risk for row in range(2))
    assert coffee is None
    assert tea == 1.0
