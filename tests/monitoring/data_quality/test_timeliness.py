"""A gap is a day without rows that the shop's own weekdays do not explain."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from monitoring.data_quality.timeliness import gaps, rhythm_of

FIRST = date(2024, 1, 1)  # a Monday
CLOSED: set[date] = set()


def days(counts: list[int]) -> dict[date, int]:
    return {FIRST + timedelta(days=n): count for n, count in enumerate(counts) if count}


def shop(rng: np.random.Generator, mean: float, length: int = 364, *, open_on_sundays: bool = True) -> list[int]:
    """Rows per day of a shop whose days differ more than chance: negative binomial, variance twice the mean."""
    counts = [int(count) for count in rng.negative_binomial(max(mean, 1e-9), 0.5, length)]
    return [0 if n % 7 == 6 and not open_on_sundays else count for n, count in enumerate(counts)]


def missing(counts: list[int]) -> list[tuple[date, int]]:
    found = days(counts)
    return [(gap.first, gap.days) for gap in gaps(found, rhythm_of(found), CLOSED)]


def test_a_busy_shop_that_lacks_one_day_has_a_gap() -> None:
    counts = shop(np.random.default_rng(1), 50)
    counts[100] = 0
    assert missing(counts) == [(FIRST + timedelta(days=100), 1)]


def test_a_shop_closed_on_sundays_has_no_gap_on_sundays() -> None:
    counts = shop(np.random.default_rng(2), 40, open_on_sundays=False)
    assert missing(counts) == []
    counts[5] = counts[6] = counts[7] = 0  # Saturday to Monday
    assert [first for first, _ in missing(counts)] == [FIRST + timedelta(days=5)]


def test_a_small_shop_has_days_without_an_order_and_no_gap_until_it_lacks_weeks() -> None:
    counts = shop(np.random.default_rng(3), 1.0)
    assert missing(counts) == []
    counts[100:130] = [0] * 30
    assert len(missing(counts)) == 1


@pytest.mark.parametrize("mean", [0.3, 1.0, 3.0, 10.0, 50.0])
def test_shops_in_order_raise_hardly_a_false_alarm(mean: float) -> None:
    alarms = sum(bool(missing(shop(np.random.default_rng(seed), mean))) for seed in range(100))
    assert alarms <= 3


def test_closed_days_explain_themselves() -> None:
    counts = shop(np.random.default_rng(4), 50)
    counts[359] = 0
    closed = {FIRST + timedelta(days=359)}
    found = days(counts)
    assert gaps(found, rhythm_of(found), closed) == []


@pytest.mark.parametrize(("behind", "late"), [(1, False), (2, False), (6, True)])
def test_a_silent_feed_is_late_once_its_rhythm_does_not_explain_it(behind: int, late: bool) -> None:
    """Weekdays only, a few rows each: a weekend is silent anyway."""
    counts = [count if n % 7 < 5 else 0 for n, count in enumerate(shop(np.random.default_rng(5), 20, 355))]
    found = days(counts)
    last = max(found)
    assert last.weekday() == 4
    gap = rhythm_of(found).gap(last + timedelta(days=1), behind, CLOSED)
    assert (gap is not None) is late
