"""A surge is flagged by the rule of the house, and the chance said with it is how often such a week comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings import Rules
from models.arrays import Float64Array
from models.demand.series import Histories
from models.demand.surges import surge_chances, surges
from tests.models.demand.conftest import make_histories

KNOWN = make_histories()


def weekly(units: Float64Array) -> Histories:
    """Series of whole weeks that all began before."""
    count = len(units)
    return replace(
        make_histories(count), freq="W", ids=tuple(map(str, range(count))), units=units, started=np.zeros(count, int)
    )


def unchanged(level: float, dispersion: float, weeks: int = 56) -> Histories:
    rng = np.random.default_rng(7)
    means = (
        level * rng.gamma(1 / dispersion, dispersion, (3000, weeks)) if dispersion else np.full((3000, weeks), level)
    )
    return weekly(rng.poisson(means).astype(float))


def test_a_week_above_the_ratio_surges_only_with_enough_units(histories: Histories) -> None:
    units = np.full((6, 60), 2.0)
    units[0, -7:] = 5.1  # 35.7 against weeks of 14
    units[1, -7:] = 5.0  # exactly the ratio
    units[2] = 0.1
    units[2, -7:] = 2.8  # 19.6 units
    found = surges(replace(histories, units=units), Rules())
    assert found.tolist() == [True, False, False, False, False, False]


@pytest.mark.parametrize(("level", "dispersion"), [(5, 0.1), (20, 0.0), (20, 0.5), (100, 0.1)])
def test_of_unchanged_series_as_many_weeks_are_unusual_as_the_chance_says(level: float, dispersion: float) -> None:
    chances = surge_chances(unchanged(level, dispersion))
    assert 0.05 < (chances <= 0.1).mean() < 0.13
    assert 0.003 < (chances <= 0.01).mean() < 0.016


@given(more=st.floats(0, 500), row=st.integers(0, 5))
def test_a_week_that_sells_more_is_never_less_unusual_and_no_other_series_changes(more: float, row: int) -> None:
    units = KNOWN.units.copy()
    units[row, -1] += more
    before, after = surge_chances(KNOWN), surge_chances(replace(KNOWN, units=units))
    assert after[row] <= before[row]
    assert np.delete(after, row).tolist() == np.delete(before, row).tolist()


@given(wild=st.floats(1e3, 1e9), week=st.integers(0, 20))
def test_one_wild_line_hardly_moves_what_is_said_of_other_series(wild: float, week: int) -> None:
    units = KNOWN.units.copy()
    units[2, week] += wild
    before, after = surge_chances(KNOWN), surge_chances(replace(KNOWN, units=units))
    others = np.array([0, 1, 3, 4, 5])
    assert (np.abs(np.log(after / before))[others] < np.log(3)).all()


def test_days_say_what_their_weeks_say() -> None:
    weeks = KNOWN.units[:, KNOWN.periods % 7 :].reshape(6, -1, 7).sum(2)
    started = np.full(6, KNOWN.periods % 7)
    assert surge_chances(weekly(weeks)) == pytest.approx(surge_chances(replace(KNOWN, started=started)))


def test_nothing_is_said_of_a_series_that_began_within_the_five_weeks_nor_of_a_shop_that_did() -> None:
    started = np.array([0, 0, 0, 0, 0, KNOWN.periods - 34])
    assert np.isnan(surge_chances(replace(KNOWN, started=started))).tolist() == [False] * 5 + [True]
    assert np.isnan(surge_chances(replace(KNOWN, units=KNOWN.units[:, -41:]))).all()
    assert np.isnan(surge_chances(replace(KNOWN, units=np.zeros((6, 200))))).all()


def test_a_week_without_sales_is_certain_and_a_first_sale_after_none_is_possible() -> None:
    units = KNOWN.units.copy()
    units[:2, -35:] = 0.0
    units[1, -1] = 1.0
    found = surge_chances(replace(KNOWN, units=units))
    assert found[0] == 1.0
    assert 0.01 < found[1] < 0.5
