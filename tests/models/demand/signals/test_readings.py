"""What is known of a signal at an origin."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from models.demand.plans import Calendar
from models.demand.signals.readings import KnownSignals, Signals, signals_of
from tests.models.demand.conftest import ORIGIN, make_histories

KEYS = ("category",)


def day(away: int) -> date:
    return ORIGIN + timedelta(days=away)


def known(*rows, listed=(), keys=KEYS, horizon=7, histories=None, name="heat"):
    signals = signals_of([(*row, None, None)[:5] for row in rows], listed, keys)
    known = histories or make_histories(series=2, periods=30)
    return KnownSignals(signals).values(name, known, horizon)


def around_the_origin(values) -> list:
    return [None if np.isnan(value) else float(value) for value in values[0][28:]]


def test_without_known_from_values_up_to_the_horizon_are_announced():
    values = known(*((day(away), "heat", float(away)) for away in range(-1, 20)))
    assert around_the_origin(values) == [None, -1, 0, 1, 2, 3, 4, 5, 6]


def test_known_from_decides_where_it_is_given():
    told = {-1: day(0), 0: day(-3), 1: day(1), 2: day(0), 3: None}
    values = known(*((day(away), "heat", float(away), None, since) for away, since in told.items()))
    assert around_the_origin(values) == [None, -1, 0, None, 2, 3, None, None, None]


def test_of_several_values_of_a_day_the_one_known_last_counts():
    values = known(
        (day(2), "heat", 30.0, None, day(-5)),
        (day(2), "heat", 20.0, None, day(-1)),
        (day(2), "heat", 9.0, None, day(2)),
    )
    assert values[0][32] == 20.0


def test_of_values_that_were_known_at_once_the_mean_counts():
    assert known((day(2), "heat", 30.0), (day(2), "heat", 20.0))[0][32] == 25.0


def test_a_value_that_is_no_number_is_none():
    assert np.isnan(known((day(2), "heat", float("inf")), (day(1), "heat", 1.0))[0][32])


def test_a_name_that_lists_days_is_0_on_all_others():
    values = known((day(-1), "pay day", 1.0), (day(3), "pay day", 1.0), listed={"pay day"}, name="pay day")
    assert around_the_origin(values) == [0, 1, 0, 0, 0, 1, 0, 0, 0]


def test_a_region_goes_by_its_own_values_and_else_by_those_of_everywhere():
    ids = tuple(f"ice|{region}" for region in ("north", "south"))
    histories = replace(make_histories(series=2, periods=30), ids=ids)
    rows = [(day(1), "heat", 10.0, None), (day(1), "heat", 30.0, "south")]
    values = known(*rows, keys=("category", "region"), histories=histories)
    assert values[:, 31].tolist() == [10.0, 30.0]


def test_series_without_a_region_go_by_the_mean_of_all():
    assert known((day(1), "heat", 10.0, "north"), (day(1), "heat", 30.0, "south"))[0][31] == 20.0


def test_a_week_has_the_mean_of_its_days():
    weekly = replace(make_histories(series=2, periods=5), freq="W")
    values = known(*((day(away), "heat", float(away)) for away in range(0, 9)), histories=weekly, horizon=2)
    assert values[0].tolist()[-2:] == [3.0, 7.5]


def test_what_is_observed_only_counts_as_known_no_further_ahead_at_any_origin():
    rows = [(day(away), "heat", 1.0, None, None) for away in range(-20, 3)]
    signals = signals_of(rows, (), KEYS).reaching(ORIGIN)
    histories = make_histories(series=2, periods=10, origin=day(-9))
    assert np.isfinite(KnownSignals(signals).values("heat", histories, 7)[0][10:]).sum() == 3


def test_what_a_model_keeps_comes_back_as_it_was(tmp_path):
    rows = [(day(away), "heat", 0.1 * away, "north", day(0)) for away in range(5)]
    kept = Calendar((), signals_of(rows, (), KEYS).reaching(ORIGIN))
    kept.save(tmp_path)
    assert Calendar.load(tmp_path) == kept


@pytest.mark.parametrize(("as_of", "left"), [(day(-1), 0), (day(0), 1)])
def test_a_model_keeps_nothing_that_was_told_after_it(as_of, left):
    signals = signals_of([(day(1), "heat", 1.0, None, day(0))], (), KEYS)
    assert len(signals.announced(as_of).each[0].days) == left


def test_a_model_keeps_the_signals_it_uses():
    signals = signals_of([(day(1), "heat", 1.0, None, None), (day(1), "noise", 1.0, None, None)], (), KEYS)
    assert Calendar((), signals).using(["heat"]).signals.names == ("heat",)
    assert Signals().names == ()
