"""Intervals shown over time allow for how often one looks."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.fairness_result import GroupFigure
from monitoring.fairness import judge, repeated_looks

START = date(2024, 1, 1)


def every(days, groups=1):
    """How many times as wide the intervals of looks at this rhythm are, over a year."""
    looks = [START + timedelta(days=days * i) for i in range(365 // days)]
    return [repeated_looks.widening(groups, looks, look) for look in looks]


def figure(ratio, low, high):
    return GroupFigure("age_band", "old", "selection rate", 100, 0.2, 0.1, ratio, low, high, "ok")


@pytest.mark.parametrize("days", [1, 7, 28])
@pytest.mark.parametrize("groups", [1, 6])
def test_the_intervals_of_a_year_miss_with_five_in_a_hundred_at_most_whatever_the_rhythm(days, groups):
    reach = np.array(every(days, groups)) * stats.norm.ppf(0.5 + judge.corrected(groups) / 2)
    assert 0.04 < groups * 2 * stats.norm.sf(reach).sum() <= 0.052


def test_of_simulated_years_without_a_disparity_at_most_one_in_twenty_shows_one():
    times, rng = np.array(every(7)), np.random.default_rng(5)
    missed = np.abs(rng.normal(size=(4000, len(times)))) > 1.959964 * times
    assert missed.any(axis=1).mean() < 0.06
    once = np.abs(rng.normal(size=(4000, len(times)))) > 1.959964
    assert once.any(axis=1).mean() > 0.8


def test_looking_more_often_costs_width():
    assert every(1)[-1] > every(7)[-1] > every(28)[-1] > 1


@given(st.floats(0.1, 9), st.floats(0.05, 1), st.floats(1, 20), st.floats(1, 4))
def test_the_interval_of_a_year_holds_that_of_the_look(ratio, below, above, times):
    low, high = ratio * below, ratio * above
    wide = repeated_looks.of_a_year(figure(ratio, low, high), times)
    assert wide[0] <= low * (1 + 1e-9)
    assert wide[1] >= high * (1 - 1e-9)


def test_a_group_that_nobody_was_chosen_of_keeps_its_lower_end_and_one_without_an_interval_has_none():
    assert repeated_looks.of_a_year(figure(0.2, 0.0, 0.9), 1.6)[0] == 0
    assert repeated_looks.of_a_year(figure(None, None, None), 1.6) is None
