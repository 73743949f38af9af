"""Customers who stay away against their own rhythm: found within two weeks, and no holiday is taken for them."""

import numpy as np
import pytest

from monitoring.leaving import own_rhythm

CUSTOMERS, WEEKS = 1500, 60
LEVEL = 1e-4


def came(seed=1, weeks=WEEKS):
    """Days with a purchase, [customer, week]: some come nearly every week, most do not."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.2, 1.2, CUSTOMERS)[:, None]
    return rng.poisson(rate * rng.lognormal(0, 0.03, weeks)).astype("int64")


def stopped(visits, share, weeks, seed=2):
    """The same, where a share of the customers bought nothing in the last weeks."""
    gone = np.random.default_rng(seed).random(len(visits)) < share
    visits = visits.copy()
    visits[gone, -weeks:] = 0
    return visits


def slow_week(visits, factor, back=1, seed=3):
    """The same, where everybody came less in one week."""
    visits = visits.copy()
    visits[:, -back] = np.random.default_rng(seed).binomial(visits[:, -back], factor)
    return visits


def test_a_tenth_of_customers_who_stop_is_found_after_two_weeks_and_told_by_its_size():
    found = own_rhythm.judge(stopped(came(), 0.1, 2))
    assert found is not None
    assert found.p < LEVEL
    assert found.low <= 0.1 <= found.high
    assert found.share == pytest.approx(0.1, abs=0.03)
    assert found.away > 1.5 * found.expected
    assert found.beyond == round(found.away - found.expected)


def test_nothing_is_found_where_nobody_stopped():
    visits = came(seed=4)
    p_values = [own_rhythm.judge(visits[:, :end]).p for end in range(40, WEEKS + 1)]
    assert min(p_values) > 0.01


@pytest.mark.parametrize("factor", [0.85, 0.5])
def test_a_slow_week_is_not_taken_for_customers_who_stopped(factor):
    found = own_rhythm.judge(slow_week(came(), factor))
    assert found.p > LEVEL


def test_it_is_still_found_a_week_later():
    assert own_rhythm.judge(stopped(came(), 0.1, 3)).p < LEVEL


def test_what_is_usual_at_this_time_of_the_year_is_expected_from_the_second_year_on():
    def with_pauses(years):
        visits = came(seed=5, weeks=110)
        for week in years:
            visits[np.random.default_rng(week).random(CUSTOMERS) < 0.12, week : week + 2] = 0
        return visits

    once, each_year = (own_rhythm.judge(with_pauses(weeks)) for weeks in ([108], [56, 108]))
    assert once.p < LEVEL < each_year.p


def test_of_few_weeks_or_few_who_come_regularly_nothing_is_said():
    assert own_rhythm.judge(came()[:, :20]) is None
    assert own_rhythm.judge(came()[:40]) is None
    assert own_rhythm.judge(np.zeros((0, WEEKS), dtype="int64")) is None
