"""The lift says how far products share baskets beyond chance, and its interval holds the true one."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from models.recommendation.bundles.lift import BasketCounts, Lifts
from tests.models.recommendation.bundles.conftest import baskets_of

PAIR = np.array([[0]]), np.array([1])


def counted(lists: list[list[int]], customer: list[int] | None = None, period: list[int] | None = None) -> BasketCounts:
    baskets = baskets_of(lists, 3, customer)
    periods = np.zeros(len(lists), dtype=np.int64) if period is None else np.asarray(period)
    return BasketCounts(baskets.products, baskets.customer, periods)


def test_one_period_and_a_customer_a_basket_is_the_formula_of_the_books() -> None:
    lists = [[0, 1]] * 12 + [[0]] * 18 + [[1]] * 8 + [[2]] * 62
    lifts = counted(lists).lifts(*PAIR)
    assert lifts.lift[0] == pytest.approx(12 * 100 / (30 * 20))
    assert lifts.error[0] ** 2 == pytest.approx(1 / 12 - 1 / 30 - 1 / 20 + (2 * 2.0 - 1) / 100)
    assert (lifts.baskets[0], lifts.customers[0]) == (12, 12)


def test_what_one_customer_repeats_is_said_once() -> None:
    lists = [[0, 1]] * 12 + [[0]] * 60 + [[1]] * 40 + [[2]] * 400
    alone, often = counted(lists), counted(lists, [0] * 12 + list(range(1, 501)))
    assert often.lifts(*PAIR).lift == pytest.approx(alone.lifts(*PAIR).lift)
    assert often.lifts(*PAIR).error[0] > 2 * alone.lifts(*PAIR).error[0]
    assert often.lifts(*PAIR).p_value[0] > alone.lifts(*PAIR).p_value[0]


def test_products_do_not_go_together_by_being_sold_in_the_same_months() -> None:
    # In the first period both are in half of the baskets, independently; in the second nobody sells them.
    lists = [[0, 1]] * 25 + [[0]] * 25 + [[1]] * 25 + [[2]] * 25 + [[2]] * 300
    assert counted(lists).lifts(*PAIR).lift[0] == pytest.approx(4.0)
    assert counted(lists, period=[0] * 100 + [1] * 300).lifts(*PAIR).lift[0] == pytest.approx(1.0)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.9))
def test_the_lift_is_symmetric(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    table = sp.csr_matrix((rng.random((40, 3)) < share).astype(float))
    counts = BasketCounts(table, rng.integers(0, 9, 40), rng.integers(0, 3, 40))
    one, other = counts.lifts(np.array([[0]]), np.array([1])), counts.lifts(np.array([[1]]), np.array([0]))
    for name, values in vars(one).items():
        assert values == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize(("level", "customers"), [(0.05, 300), (0.2, 60)])
def test_the_interval_holds_the_true_lift_as_often_as_it_says(level: float, customers: int) -> None:
    """Customers who buy a pair by a habit of their own, week after week."""
    rng, held, draws, baskets = np.random.default_rng(5), 0, 300, 20
    for _ in range(draws):
        whose = np.repeat(np.arange(customers), baskets)
        habit = (rng.random(customers) < 0.2)[whose]
        # P(a) = P(b) = 0.2 * 0.3 + 0.8 * 0.1 = 0.14, and P(ab) = 0.2 * 0.3 + 0.8 * 0.01 = 0.068.
        first = rng.random(len(whose)) < np.where(habit, 0.3, 0.1)
        second = np.where(habit, first, rng.random(len(whose)) < 0.1)
        table = sp.csr_matrix(np.stack([first, second], axis=1).astype(float))
        counts = BasketCounts(table, whose, np.zeros(len(whose), dtype=np.int64))
        low, high = counts.lifts(*PAIR).interval(level)
        held += low[0] <= 0.068 / 0.14**2 <= high[0]
    # So many draws leave a standard error of 0.013 at 0.95, of 0.023 at 0.8.
    assert abs(held / draws - (1 - level)) < 0.06


def test_unrelated_products_have_the_lift_that_large_baskets_leave_room_for() -> None:
    rng = np.random.default_rng(1)
    # Half the baskets have 1 product in 10, half 6 in 10.
    share = np.where(np.arange(4000) % 2, 0.6, 0.1)[:, None]
    table = sp.csr_matrix((rng.random((4000, 40)) < share).astype(float))
    counts = BasketCounts(table, np.arange(4000), np.zeros(4000, dtype=np.int64))
    lifts = counts.lifts(*PAIR)
    assert lifts.lift[0] == pytest.approx(lifts.by_chance[0], rel=0.1)
    assert lifts.by_chance[0] > 1.4
    assert lifts.p_value[0] > 0.01


def test_a_product_without_a_basket_is_no_error() -> None:
    lifts = counted([[0], [0, 2]]).lifts(*PAIR)
    assert isinstance(lifts, Lifts)
    assert (lifts.baskets[0], lifts.lift[0]) == (0, 0.0)
