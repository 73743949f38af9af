"""Counting: recent level times weekday profile, with the quantiles of a series' own past."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.demand.seasonal_level import seasonal_level
from tests.models.demand.conftest import make_histories


def test_a_series_that_sells_the_same_every_day_is_forecast_so_without_doubt() -> None:
    known = make_histories()
    steady = replace(known, units=np.full_like(known.units, 5.0))
    mean, quantiles = seasonal_level(steady, 28)
    np.testing.assert_allclose(mean, 5.0)
    np.testing.assert_allclose(quantiles, 5.0)


def test_the_weekday_comes_out_where_all_series_share_it() -> None:
    known = make_histories(series=20)
    mean, _ = seasonal_level(known, 28)
    usual = known.units[:, -196:].reshape(20, 28, 7).mean(1).sum(0)
    np.testing.assert_allclose(mean.sum(0)[:7] / mean.sum(0)[:7].mean(), usual / usual.mean(), atol=0.05)


def test_days_on_which_the_shop_was_closed_do_not_count() -> None:
    known = make_histories()
    closed = known.units.copy()
    closed[:, -3] = 0.0
    mean, _ = seasonal_level(replace(known, units=closed), 28)
    assert mean.sum() == pytest.approx(seasonal_level(known, 28)[0].sum(), rel=0.05)


def test_days_before_the_first_sale_do_not_count() -> None:
    known = make_histories(series=2)
    units = np.full_like(known.units, 6.0)
    units[0, :-10] = 0.0
    mean, _ = seasonal_level(replace(known, units=units, started=np.array([known.periods - 10, 0])), 7)
    np.testing.assert_allclose(mean, 6.0)


def test_weeks_have_a_level_and_no_rhythm() -> None:
    known = replace(make_histories(), freq="W")
    mean, quantiles = seasonal_level(known, 4)
    np.testing.assert_allclose(mean, np.repeat(mean[:, :1], 4, axis=1))
    assert (np.diff(quantiles, axis=2) >= 0).all()


@settings(max_examples=25, deadline=None)
@given(factor=st.floats(0.1, 50.0), seed=st.integers(0, 50))
def test_quantiles_are_in_order_and_grow_with_the_units_where_profiles_are_the_shops(factor: float, seed: int) -> None:
    known = make_histories(series=3, seed=seed)
    same = replace(known, units=np.repeat(known.units[:1], 3, axis=0))
    mean, quantiles = seasonal_level(same, 14)
    grown = seasonal_level(replace(same, units=same.units * factor), 14)
    assert (np.diff(quantiles, axis=2) >= 0).all()
    np.testing.assert_allclose(grown[0], mean * factor, rtol=1e-9)
    np.testing.assert_allclose(grown[1], quantiles * factor, rtol=1e-9, atol=1e-9)
