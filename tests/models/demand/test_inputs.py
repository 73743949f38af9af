import warnings
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.errors import DataError
from models.demand.inputs import _nanmedian, columns, derive
from models.demand.plans import Calendar, Day, Plans
from tests.models.demand.conftest import ORIGIN, make_histories


def column(inputs, name):
    return inputs.matrix[:, inputs.names.index(name)].reshape(inputs.shape)


def test_every_input_is_described(histories):
    assert [each.name for each in columns()] == list(derive(histories, Plans(), 28).names)
    without = replace(histories, promoted=np.zeros_like(histories.promoted))
    assert derive(without, Plans(), 28).names == derive(histories, Plans(), 28).names


def test_a_shorter_horizon_says_the_same(histories):
    long, short = derive(histories, Plans(), 28), derive(histories, Plans(), 10)
    for name in (name for name in long.names if "week_after" not in name):
        np.testing.assert_array_equal(column(long, name)[:, :10], column(short, name), err_msg=name)


def test_lags_are_of_the_same_weekday_and_known(histories):
    inputs = derive(histories, Plans(), 28)
    units, scale = histories.units, inputs.level
    np.testing.assert_allclose(column(inputs, "lag_1")[:, 0], units[:, -7] / scale, rtol=1e-5)
    np.testing.assert_allclose(column(inputs, "lag_1")[:, 6], units[:, -1] / scale, rtol=1e-5)
    np.testing.assert_allclose(column(inputs, "lag_1")[:, 7], units[:, -7] / scale, rtol=1e-5)


def test_twice_the_sales_give_the_same_inputs_at_twice_the_level(histories):
    double = replace(histories, units=histories.units * 2)
    one, two = derive(histories, Plans(), 28), derive(double, Plans(), 28)
    np.testing.assert_allclose(two.level, one.level * 2)
    for name in ("lag_1", "mean_7d", "deviation_28d", "shop_mean_7d"):
        np.testing.assert_allclose(column(one, name), column(two, name), rtol=1e-5)


def test_a_closed_day_is_known_closed(histories):
    closed = ORIGIN + timedelta(days=3)
    inputs = derive(histories, Calendar((Day(closed, True),)).known(ORIGIN, 28), 28)
    assert inputs.open.tolist() == [1.0] * 3 + [0.0] + [1.0] * 24
    assert column(inputs, "days_to_closing")[0, :5].tolist() == [3, 2, 1, 0, 15]


def test_too_short_a_history_is_refused():
    with pytest.raises(DataError, match="too few"):
        derive(make_histories(periods=20), Plans(), 28)


def test_a_late_starter_looks_like_one_that_always_sold_so():
    both = make_histories(series=2)
    units = np.full_like(both.units, 3.0)
    units[1, :165] = 0.0
    both = replace(both, units=units, started=np.array([0, 165]), promoted=np.zeros_like(both.promoted))
    inputs = derive(both, Plans(), 28)
    assert inputs.level.tolist() == [3.0, 3.0]
    for name in inputs.names:
        always, late = column(inputs, name)
        np.testing.assert_allclose(late, always, rtol=1e-6, err_msg=name)


def test_some_series_get_the_inputs_they_get_among_all():
    known = make_histories(series=12)
    plans = Calendar((Day(ORIGIN - timedelta(days=90), False), Day(ORIGIN + timedelta(days=4), False))).known(
        ORIGIN, 28
    )
    rows = np.array([1, 5, 6, 11], dtype=np.int64)
    every, some = derive(known, plans, 28), derive(known, plans, 28, rows)
    np.testing.assert_array_equal(some.matrix.reshape(4, -1), every.matrix.reshape(12, -1)[rows])
    np.testing.assert_array_equal(some.level, every.level[rows])
    assert some.names == every.names


@given(arrays(float, (3, 8), elements=st.one_of(st.just(np.nan), st.floats(0, 1e6))))
def test_the_median_is_numpys(values):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        np.testing.assert_array_equal(_nanmedian(values), np.nanmedian(values, axis=-1))
