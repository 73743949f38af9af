"""The course of the shop's total, and forecasts drawn to it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.demand.day_totals import aligned, course, forecast_total
from models.demand.plans import Calendar, Day, Plans
from tests.models.demand.conftest import ORIGIN, make_histories

NAMED = Plans()


def flat(known, value=10.0):
    return np.full((len(known.ids), 28), value)


def test_a_flat_forecast_takes_over_the_rhythm_of_the_week(histories):
    factor = course(histories, NAMED, flat(histories), strength=1.0)
    rhythm = 1 + 0.4 * np.sin(2 * np.pi * (np.arange(196, 196 + 28) % 7) / 7)
    assert np.corrcoef(factor, np.roll(rhythm, -(200 - 196)))[0, 1] > 0.95


@given(st.floats(0, 1), st.integers(0, 5))
def test_the_sum_over_the_horizon_stays_what_it_was(strength, seed):
    known = make_histories(seed=seed)
    mean = np.random.default_rng(seed).gamma(2, 5, (len(known.ids), 28))
    assert aligned(mean, course(known, NAMED, mean, strength)).sum() == pytest.approx(mean.sum())


def test_without_strength_forecasts_stay_as_they_are(histories):
    np.testing.assert_allclose(course(histories, NAMED, flat(histories), strength=0.0), 1.0)


def test_days_before_a_holiday_are_as_they_were_before_the_last_ones(histories):
    eves = [ORIGIN - timedelta(days=each) for each in (171, 122, 73, 32)]
    units = histories.units.copy()
    for eve in eves:
        units[:, 200 - (ORIGIN - eve).days] *= 3
    days = [*(eve + timedelta(days=1) for eve in eves), ORIGIN + timedelta(days=11)]
    plans = Calendar(tuple(Day(day, closure=False) for day in days)).known(ORIGIN, 28)
    total = forecast_total(replace(histories, units=units), plans, 28)
    assert total[10] > 1.4 * total[3]


def test_a_closed_day_stays_closed_and_draws_nothing_to_other_days(histories):
    plans = Calendar((Day(ORIGIN + timedelta(days=2), True),)).known(ORIGIN, 28)
    mean = flat(histories)
    mean[:, 2] = 0
    factor = course(histories, plans, mean, strength=1.0)
    assert forecast_total(histories, plans, 28)[2] == 0
    assert aligned(mean, factor)[:, 2].max() == 0
    assert 0.3 < factor[3:].min() < factor[3:].max() < 3


@pytest.mark.parametrize("change", [{"freq": "W"}, {"periods": 40}], ids=["weeks", "too little history"])
def test_where_the_total_cannot_be_forecast_nothing_is_drawn(change):
    known = make_histories(periods=change.get("periods", 200))
    known = replace(known, freq=change.get("freq", "D"))
    np.testing.assert_array_equal(course(known, NAMED, flat(known)), 1.0)


def test_a_shop_that_sold_nothing_is_left_alone(histories):
    nothing = replace(histories, units=np.zeros_like(histories.units))
    np.testing.assert_array_equal(course(nothing, NAMED, flat(nothing, 0.0)), 1.0)
