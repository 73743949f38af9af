"""Groups of series over HTTP: they add up to the series, and are told apart from them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from core import clock
from core.workspace import Workspace
from models.demand.forecast import Forecast
from models.demand.inventory.replenishment import Replenishment
from models.demand.newcomers.newcomer_outlook import NewcomerOutlook
from models.kinds import kind
from tests.serving.conftest import Shop, open_shop
from tests.serving.test_openapi import hold


@pytest.fixture
def shop_of_levels(served: Workspace) -> Iterator[Shop]:
    demand = served.settings.demand.model_copy(update={"levels": (("department",), ("category", "department"))})
    served.settings = served.settings.model_copy(update={"demand": demand})
    yield from open_shop(served)


def test_a_department_is_the_sum_of_its_categories_here_and_in_the_file(shop_of_levels: Shop) -> None:
    names = [{"category": f"category {n}"} for n in (0, 2, 4)]
    body = {"series": [{"department": "department 0"}, *names, {"department": "none"}]}
    group, *series, unknown = shop_of_levels.post("/v1/demand", body).json()["results"]
    means = [np.array([day["mean"] for day in each["forecast"]]) for each in (group, *series)]
    np.testing.assert_allclose(means[0], sum(means[1:]), rtol=1e-9)
    assert group["reorder_point"] is None
    assert group["fallback"] is None
    assert unknown["fallback"] == "unknown_series"
    assert all(0 <= each["surge_chance"] <= 1 for each in series)
    assert (group["surge_chance"], unknown["surge_chance"]) == (None, None)
    workspace, model = shop_of_levels.workspace, shop_of_levels.runtime.champions.get(kind("demand")).model
    file = kind("demand").predict_file(workspace, model, clock.present(workspace), "1", level="department")
    mine = file[file["department"] == "department 0"]
    assert list(file.columns[:3]) == ["department", "date", "mean"]
    np.testing.assert_allclose(mine["mean"], means[0], rtol=1e-9)
    np.testing.assert_allclose(mine["q95"], [day["q95"] for day in group["forecast"]], rtol=1e-9)


def test_what_is_neither_series_nor_level_is_refused(shop_of_levels: Shop) -> None:
    wrong = shop_of_levels.post("/v1/demand", {"series": [{"departmnt": "department 0"}]})
    assert wrong.status_code == 400
    assert "department" in wrong.text
    explained = shop_of_levels.post("/v1/demand", {"series": [{"department": "department 0"}], "explain": True})
    assert explained.status_code == 400


@pytest.fixture
def shop_of_newcomers(shop_of_levels: Shop) -> Shop:
    """The shop with a product that is too new to be a series."""
    (made, *_) = shop_of_levels.runtime.forecasts.kept
    now = made.outlook
    days = now.forecast.days
    said = Forecast(("new",), days, np.full((1, len(days)), 2.0), np.full((1, len(days), 5), 2.0))
    stock = Replenishment(np.array([20.0]), np.array([np.nan]), np.array([np.nan]))
    new = NewcomerOutlook(said, np.array([17]), stock)
    shop_of_levels.runtime.forecasts.kept = (replace(made, outlook=replace(now, newcomers=new)),)
    return shop_of_levels


def test_a_new_product_is_answered_from_products_alike(shop_of_newcomers: Shop) -> None:
    body = {"series": [{"category": "new"}, {"category": "nothing"}]}
    found, unknown = shop_of_newcomers.post("/v1/demand", body).json()["results"]
    assert (found["fallback"], found["alike"], found["reorder_point"]) == ("new_product", 17, 20.0)
    assert found["forecast"][0]["mean"] == 2.0
    assert unknown["fallback"] == "unknown_series"


def test_a_new_product_keeps_its_forecast_under_a_scenario_that_is_refused(shop_of_newcomers: Shop) -> None:
    series = [{"category": "new"}, {"category": "nothing"}]
    body = {"series": series, "explain": True, "scenario": {"price_change": -0.1}}
    answer = shop_of_newcomers.post("/v1/demand", body)
    hold(answer, "/v1/demand", "post")
    found, unknown = answer.json()["results"]
    assert (found["fallback"], found["scenario"]["refused"]) == ("new_product", "new_product")
    assert "too new" in found["scenario"]["reason"]
    assert [day["mean"] for day in found["forecast"]] == [2.0] * len(found["forecast"])
    assert found["forecast"][0]["parts"] == {"products_alike": 2.0}
    assert (unknown["fallback"], unknown["scenario"]["refused"]) == ("unknown_series", "unknown_series")
    assert "demand.min_days" in unknown["scenario"]["reason"]
