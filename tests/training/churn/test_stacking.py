"""How the members of a portfolio are weighed: on made-up windows whose truth is known."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from training.churn import level_forecast, level_trust, stacking
from training.churn.stacking import ScoredWindow

NAMES = ("trees", "logistic", "rfm_logistic")
END = date(2024, 6, 1)


def windows(count: int, customers: int, *, told: float = 1.0, drift: float = 0.0, seed: int = 0) -> list[ScoredWindow]:
    """Customers who leave by the first member's log-odds (times `told`); the second is noise, the third half right."""
    rng, found = np.random.default_rng(seed), []
    for place in range(count):
        right = rng.normal(-1, 1.2, customers)
        noise = rng.normal(-1, 1.2, customers)
        truth = told * right + (1 - told) * -1 + drift
        churned = (rng.random(customers) < expit(truth)).astype(int)
        margins = np.column_stack([right, noise, (right + noise) / 2])
        day = END - timedelta(days=28 * (count - place))
        found.append(ScoredWindow(day, margins, churned, float(churned.mean())))
    return found


def fitted(past: list[ScoredWindow]) -> stacking.Stack:
    return stacking.fit(NAMES, past, float(past[-1].churned.mean()) if past else 0.3, END)


def expected(levels: list[float], variance: float) -> float:
    return level_forecast.expected_level(levels, [variance] * len(levels), level_forecast.BASE_RATE).value


def test_with_much_evidence_the_member_that_is_right_gets_the_weight() -> None:
    stack = fitted(windows(5, 3000))
    weights = dict(zip(stack.names, stack.weights, strict=True))
    assert weights["trees"] > 0.7
    assert weights["logistic"] < 0.1
    assert stack.shift == pytest.approx(0, abs=0.15)


def test_without_a_window_the_weights_are_the_usual_ones() -> None:
    stack = fitted([])
    assert stack.weights == pytest.approx(stacking.usual(NAMES).weights)
    assert stack.shift == 0
    assert stack.weights.sum() == pytest.approx(1)


def test_the_more_customers_a_window_has_the_more_is_usually_left_to_the_trees() -> None:
    trees = [stacking.usual(NAMES, customers).weights[0] for customers in (0, 300, 3000, 1e6)]
    assert trees == sorted(trees)
    assert trees[0] == pytest.approx(1 / 3)
    assert trees[-1] == pytest.approx(0.7 / 0.85, abs=0.01)


def test_the_fewer_customers_the_nearer_the_weights_stay_to_the_usual_ones() -> None:
    usual = stacking.usual(NAMES).weights
    far = [float(np.abs(fitted(windows(2, customers)).weights - usual).sum()) for customers in (20, 200, 5000)]
    assert far == sorted(far)


def test_where_members_tell_nothing_the_blend_says_the_base_rate() -> None:
    past = windows(6, 3000, told=0.0)
    stack = fitted(past)
    said = expit(stack.blended(past[-1].margins))
    assert stack.weights.sum() < 0.2
    assert said.mean() == pytest.approx(expit(-1), abs=0.03)


def test_a_base_rate_that_is_always_higher_than_members_say_is_mostly_expected_again() -> None:
    past = windows(5, 3000, drift=0.4)
    stack = fitted(past)
    rest = 1 - float(stack.weights.sum())
    assert stack.shift - rest * stacking.log_odds(float(past[-1].churned.mean())) == pytest.approx(0.28, abs=0.1)


def test_a_window_in_which_all_did_the_same_says_nothing() -> None:
    past = windows(3, 500)
    silent = ScoredWindow(END - timedelta(days=200), past[0].margins, np.zeros(500, dtype=int), 0.0)
    assert fitted([silent, *past]).weights == pytest.approx(fitted(past).weights, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(5, 60), st.integers(0, 99))
def test_weights_are_never_negative_and_answers_are_finite(count: int, customers: int, seed: int) -> None:
    past = windows(count, customers, seed=seed)
    stack = fitted(past)
    assert (stack.weights >= 0).all()
    assert np.isfinite(stack.blended(past[0].margins)).all()


def test_drawn_wholly_towards_a_rate_everybody_gets_it() -> None:
    stack = fitted(windows(3, 500)).scaled(0.0, 0.25)
    assert expit(stack.blended(np.array([[3.0, -2.0, 1.0], [0.0, 0.0, 0.0]]))) == pytest.approx(0.25)


@pytest.mark.parametrize(("levels", "low", "high"), [([], 0, 0), ([0.3] * 6, 0.15, 0.3), ([0.3], 0.05, 0.3)])
def test_a_level_that_stays_is_mostly_expected_to_stay(levels: list[float], low: float, high: float) -> None:
    assert low <= expected(levels, 0.005) <= high


def test_levels_that_are_noise_are_hardly_followed() -> None:
    levels = [0.2, -0.2, 0.2, -0.2, 0.2, -0.2]
    assert abs(expected(levels, 0.04)) < 0.05


def test_a_level_that_climbs_is_followed_faster_than_its_mean() -> None:
    levels = [0.0, 0.2, 0.4, 0.6, 0.8]
    assert expected(levels, 0.002) > np.mean(levels)


def test_an_accuracy_that_grows_is_promised_near_its_latest_value() -> None:
    level = level_forecast.expected_level([0.70, 0.73, 0.75, 0.775], [0.0001] * 4, level_forecast.ACCURACY)
    assert 0.755 < level.value < 0.78


def test_an_accuracy_that_jitters_is_promised_near_its_mean() -> None:
    level = level_forecast.expected_level([0.86, 0.85, 0.87, 0.855, 0.865], [0.0001] * 5, level_forecast.ACCURACY)
    assert 0.855 < level.value < 0.865


def moved(level: float) -> stacking.Stack:
    return stacking.Stack(NAMES, np.array([1.0, 0.0, 0.0]), level, level)


def test_a_forecast_level_is_believed_half_where_nothing_is_known() -> None:
    assert level_trust.share([], []) == level_trust.USUAL


def test_a_level_that_came_as_forecast_is_believed_and_one_that_did_not_is_dropped() -> None:
    came = windows(4, 4000, drift=0.4)
    assert level_trust.share([moved(0.4)] * 4, came) > 0.85
    assert level_trust.share([moved(-0.4)] * 4, came) == 0
    assert level_trust.share([moved(0.4)] * 4, windows(4, 4000)) < 0.15


@pytest.mark.parametrize("churned", [0, 1])
def test_the_level_that_came_is_finite_even_where_all_did_the_same(churned: int) -> None:
    (window,) = windows(1, 50)
    same = ScoredWindow(window.as_of, window.margins, np.full(50, churned), 0.3)
    assert abs(level_trust.level_that_came(moved(0.0), same)) <= 8


def test_trusting_nothing_takes_the_forecast_alone_out_of_the_shift() -> None:
    stack = stacking.Stack(NAMES, np.ones(3), 0.7, 0.2)
    assert stack.trusting(0.0).shift == pytest.approx(0.5)
    assert stack.trusting(1.0) == stack
