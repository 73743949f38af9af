from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from models.demand.lifts import NEAR_DAYS, holiday_lift, promotion_lifts
from models.demand.plans import Plans
from tests.models.demand.conftest import ORIGIN, make_histories

BEFORE, AHEAD = ORIGIN - timedelta(days=40), ORIGIN + timedelta(days=9)


def with_sales(histories, rows, day, factor):
    units = histories.units.copy()
    units[rows, -(ORIGIN - day).days] *= factor
    return replace(histories, units=units)


def test_a_series_that_sold_more_before_holidays_is_told_apart():
    histories = replace(make_histories(), units=np.full((6, 200), 40.0))
    histories = with_sales(histories, [2], BEFORE - timedelta(days=1), 3.0)
    lift = holiday_lift(histories, Plans((BEFORE, AHEAD)), 28)
    assert lift[2, 8] == pytest.approx((120 + 50 * 320 / 240) / 90)
    assert lift[0, 8] == pytest.approx((40 + 50 * 320 / 240) / 90)


def test_days_far_from_holidays_have_no_lift(histories):
    lift = holiday_lift(histories, Plans((BEFORE, AHEAD)), 28)
    near = [abs(step - 9) <= NEAR_DAYS for step in range(28)]
    assert np.isfinite(lift).all(0).tolist() == near


def test_holidays_on_which_the_shop_closes_are_compared_among_themselves(histories):
    loud = with_sales(histories, slice(None), BEFORE, 5.0)
    closing = Plans((BEFORE, AHEAD), closing=(AHEAD,))
    assert np.isnan(holiday_lift(loud, closing, 28)).all()
    both = Plans((BEFORE, AHEAD), closing=(BEFORE, AHEAD))
    assert (holiday_lift(loud, both, 28)[:, 9] > 2).all()


def test_nothing_at_or_after_the_origin_makes_a_lift(histories):
    assert np.isnan(holiday_lift(histories, Plans((AHEAD, AHEAD + timedelta(days=2))), 28)).all()


def test_a_series_that_answers_to_promotions_is_told_apart():
    histories = make_histories()
    promoted = np.zeros_like(histories.promoted)
    promoted[0, :, 50:55] = 1.0
    promoted[0, :, 84 + 3] = 1.0
    units = np.full_like(histories.units, 10.0)
    units[1, -84 + 50 : -84 + 55] = 30.0
    first, second, _ = promotion_lifts(replace(histories, units=units, promoted=promoted), 28)
    assert first[1, 3] > 1.5
    assert first[0, 3] < 0.5
    assert not first[:, 5].any()
    assert not second.any()


def test_a_history_too_short_for_promotions_tells_nothing():
    assert all(np.isnan(lift).all() for lift in promotion_lifts(make_histories(periods=30), 28))
