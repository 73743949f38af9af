"""Series as shops have them: constant, on weekdays only, gone, new, rare, or with one mistyped quantity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.demand.forecast import Forecast
from models.demand.model import DemandModel
from models.demand.plans import Plans
from models.demand.recipe import Recipe
from tests.support.shop import commit, empty_workspace
from training.demand.fitting import fit_mean, fit_quantiles
from training.demand.folds import Rolling, rolling

FIRST, DAYS = date(2022, 1, 1), 365
AS_OF = FIRST + timedelta(days=DAYS)
TYPO = 100_017
SEED = 20


def quantities() -> dict[str, np.ndarray]:
    """Units per day of the year; nan: no line."""
    rng, day = np.random.default_rng(8), np.arange(DAYS)
    weekday = np.array([(FIRST + timedelta(days=int(each))).weekday() for each in day])
    huge = rng.poisson(8, DAYS).clip(1).astype(float)
    huge[300] = TYPO
    return {
        "Constant": np.full(DAYS, 5.0),
        "Weekday": np.where(weekday < 5, 9.0, np.nan),
        "Dead": np.where(day < 200, 4.0, np.nan),
        "Late": np.where(day >= DAYS - 34, 3.0, np.nan),
        "Sparse": np.where(day % 9 == 0, 2.0, np.nan),
        "ReturnsOnly": np.full(DAYS, -2.0),
        "Normal": rng.poisson(8, DAYS).clip(1).astype(float),
        "Huge": huge,
    }


def orders() -> pd.DataFrame:
    parts = []
    for name, units in quantities().items():
        sold = np.flatnonzero(np.isfinite(units))
        times = [pd.Timestamp(FIRST) + pd.Timedelta(days=int(day), hours=10) for day in sold]
        parts.append(pd.DataFrame({"product_id": name, "ordered_at": times, "quantity": units[sold]}))
    frame = pd.concat(parts, ignore_index=True)
    ids = [str(number) for number in range(len(frame))]
    return frame.assign(customer_id="c", order_id=ids, line_id=ids, revenue=2 * frame["quantity"])


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> Rolling:
    workspace = empty_workspace(tmp_path_factory.mktemp("odd") / "workspace")
    names = list(quantities())
    commit(workspace, {"orders": orders(), "products": pd.DataFrame({"product_id": names, "category": names})})
    return rolling(workspace, AS_OF)


@pytest.fixture(scope="module")
def model(known: Rolling) -> DemandModel:
    return fitted(known)


@pytest.fixture(scope="module")
def forecast(known: Rolling, model: DemandModel) -> Forecast:
    return model.forecast(known.at[known.as_of], Plans())


def fitted(known: Rolling) -> DemandModel:
    """The model of the default recipe, as a training without tuning would fit it."""
    fold, recipe = known.fold(known.as_of), Recipe()
    return DemandModel(
        means=tuple(fit_mean(fold.examples, recipe, SEED + bag, 1) for bag in range(recipe.bags)),
        quantiles=fit_quantiles(fold.examples, recipe, SEED, 1),
        recipe=recipe,
        trained_as_of=known.as_of,
        keys=("category",),
        freq="D",
        horizon=known.horizon,
        names=fold.inputs.names,
    )


def of(forecast: Forecast, name: str) -> np.ndarray:
    return forecast.mean[forecast.ids.index(name)]


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("Constant", 4.6, 5.4), ("Dead", 0.0, 0.05), ("Late", 2.2, 3.6), ("Sparse", 0.13, 0.31), ("Normal", 7.2, 8.8)],
)
def test_each_is_forecast_at_its_own_level(forecast, name, least, most):
    assert least <= of(forecast, name).mean() <= most


def test_what_sells_on_weekdays_only_is_forecast_so(forecast):
    weekday = np.array([day.weekday() < 5 for day in forecast.days])
    assert 8.1 <= of(forecast, "Weekday")[weekday].mean() <= 9.9
    assert of(forecast, "Weekday")[~weekday].mean() < 0.9


def test_a_mistyped_quantity_does_not_move_the_forecast_of_its_series(forecast):
    median = forecast.quantiles[forecast.ids.index("Huge"), :, 2]
    assert 7 <= np.median(median) <= 9.5
    assert of(forecast, "Huge").max() < 20


def test_returns_alone_are_no_series(forecast):
    assert "ReturnsOnly" not in forecast.ids


def test_the_order_of_the_series_does_not_matter(known, model, forecast):
    histories = known.at[known.as_of]
    order = np.arange(len(histories.ids))[::-1]
    again = model.forecast(histories.select(order), Plans())
    np.testing.assert_allclose(again.mean[::-1], forecast.mean, rtol=1e-6)


def test_twice_the_sales_are_forecast_where_a_series_sells_twice_as_much(known, model, forecast):
    """Up to what the logarithm of the level tells the trees: the shape of a forecast is that of its series."""
    histories = known.at[known.as_of]
    double = model.forecast(replace(histories, units=2 * histories.units), Plans())
    steady = [histories.ids.index(name) for name in ("Constant", "Normal", "Weekday")]
    np.testing.assert_allclose(double.mean[steady].mean(1), 2 * forecast.mean[steady].mean(1), rtol=0.15)
