"""Draws of sums have the forecast's means, spread with dependence, and end with the horizon's last week."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.special import ndtri

from models.demand.forecast import LEVELS, Forecast
from models.demand.inventory.demand_draws import DemandAhead, Span, lead_times

DAYS = 28


def ahead(dispersion: float = 1.0, period: int = 1, begins: int = 0) -> DemandAhead:
    """Normal days of mean 100 and deviation 10, in three series."""
    mean = np.full((3, DAYS), 100.0)
    quantiles = np.broadcast_to(100 + 10 * ndtri(np.array(LEVELS)), (3, DAYS, len(LEVELS)))
    days = tuple(date(2024, 1, 1) + timedelta(days=period * step) for step in range(DAYS))
    return DemandAhead(Forecast(("a", "b", "c"), days, mean, quantiles), period, dispersion, begins)


def test_a_sum_of_independent_days_has_their_mean_and_their_variance() -> None:
    found = ahead().over(14)
    assert found.mean == pytest.approx(1400)
    assert found.draws.mean(1) == pytest.approx(1400, rel=0.001)
    assert found.deviation == pytest.approx(10 * 14**0.5, rel=0.1)
    assert found.quantile(0.95) == pytest.approx(1400 + 1.645 * 10 * 14**0.5, rel=0.01)


def test_a_sum_over_the_horizon_disperses_as_was_measured() -> None:
    assert ahead(dispersion=2.0).over(DAYS).deviation == pytest.approx(2 * 10 * DAYS**0.5, rel=0.1)


def test_days_that_sell_rarely_keep_the_forecast_s_mean() -> None:
    rare = ahead()
    forecast = Forecast(rare.forecast.ids, rare.forecast.days, np.full((3, DAYS), 0.03), np.zeros((3, DAYS, 5)))
    found = replace(rare, forecast=forecast).over(14)
    assert found.draws.mean(1) == pytest.approx(14 * 0.03, rel=0.15)
    assert found.quantile(0.2) == pytest.approx(0.0)


def test_parts_of_a_week_have_their_part_of_mean_and_variance() -> None:
    week, half = ahead(period=7).over(7), ahead(period=7).over(3.5)
    assert half.mean == pytest.approx(week.mean / 2)
    assert half.deviation**2 == pytest.approx(week.deviation**2 / 2, rel=0.05)


def test_days_that_are_over_are_not_counted_again() -> None:
    assert ahead(period=7, begins=3).over(4).mean == pytest.approx(400 / 7)
    assert ahead(period=7, begins=3).days == 7 * DAYS - 3


def test_beyond_the_horizon_the_last_week_goes_on() -> None:
    assert ahead().over(DAYS + 14).mean == pytest.approx(100 * (DAYS + 14))


def test_an_uncertain_lead_time_has_its_mean_and_deviation_and_spreads_demand() -> None:
    times = lead_times(7, 2)
    assert (times.mean(), times.std()) == (pytest.approx(7, rel=0.01), pytest.approx(2, rel=0.05))
    assert times.min() > 0
    spread = ahead().over(7, 2.0).deviation
    assert spread == pytest.approx((7 * 10**2 + (2 * 100) ** 2) ** 0.5, rel=0.1)


def test_a_normal_span_has_normal_quantiles() -> None:
    span = Span.normal(np.array([50.0]), np.array([4.0]))
    assert span.quantile(0.9) == pytest.approx(50 + 1.2816 * 4, rel=0.001)
    assert span.exceeds(np.array([50.0])) == pytest.approx(0.5)
