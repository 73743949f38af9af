"""Laws of the intervals that fairness stands on."""

from math import isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.fairness import ratio_intervals
from monitoring.fairness.counting import Proportion
from monitoring.fairness.ratio_intervals import FARTHEST


@st.composite
def proportions(draw):
    total = draw(st.integers(1, 2000))
    return Proportion(draw(st.integers(0, total)), total)


CONFIDENCES = st.floats(0.8, 0.999)
VALUES = st.lists(st.floats(0, 1e4, allow_subnormal=False), min_size=2, max_size=60).map(np.array)


@given(proportions(), proportions(), CONFIDENCES)
def test_an_interval_holds_its_ratio_and_is_finite_whatever_the_counts(group, rest, confidence):
    ratio = ratio_intervals.of_proportions(group, rest, confidence)
    assert 0 < ratio.low <= ratio.value <= ratio.high
    assert isfinite(ratio.high)


@given(proportions(), proportions(), CONFIDENCES)
def test_seen_from_the_other_side_it_is_the_inverse(group, rest, confidence):
    one, two = (ratio_intervals.of_proportions(*pair, confidence) for pair in ((group, rest), (rest, group)))
    mirrored = two.inverse()
    assert [one.value, one.low, one.high] == pytest.approx([mirrored.value, mirrored.low, mirrored.high], rel=1e-4)


@given(proportions(), proportions(), CONFIDENCES)
def test_more_confidence_is_never_narrower(group, rest, confidence):
    narrow, wide = (ratio_intervals.of_proportions(group, rest, each) for each in (confidence / 1.2, confidence))
    assert wide.low <= narrow.low * (1 + 1e-9)
    assert wide.high >= narrow.high * (1 - 1e-9)


def test_zero_counts_still_say_something():
    nobody = ratio_intervals.of_proportions(Proportion(0, 100), Proportion(100, 500), 0.95)
    assert nobody.high < 0.5
    only_them = ratio_intervals.of_proportions(Proportion(10, 100), Proportion(0, 500), 0.95)
    assert only_them.low > 5
    assert only_them.high == FARTHEST


def test_everybody_selected_is_not_taken_for_certainty():
    """12 of 12 beside 72 of 100: an interval from a variance would call it certain."""
    ratio = ratio_intervals.of_proportions(Proportion(12, 12), Proportion(72, 100), 0.99)
    assert ratio.low < 1.18


@pytest.mark.parametrize(("m", "n", "p", "q"), [(50, 500, 0.1, 0.1), (35, 700, 0.15, 0.3), (12, 500, 0.9, 0.75)])
def test_of_a_hundred_intervals_about_95_hold_the_truth(m, n, p, q):
    rng = np.random.default_rng(5)
    draws = 800
    held = 0
    for a, b in zip(rng.binomial(m, p, draws), rng.binomial(n, q, draws), strict=True):
        ratio = ratio_intervals.of_proportions(Proportion(int(a), m), Proportion(int(b), n), 0.95)
        held += ratio.low <= p / q <= ratio.high
    assert 0.93 <= held / draws <= 0.985


def of_means(group, rest, confidence):
    """Means are ratios of sums to counts."""
    return ratio_intervals.of_ratios((group, np.ones(len(group))), (rest, np.ones(len(rest))), confidence)


@given(VALUES, VALUES)
@settings(max_examples=60)
def test_the_ratio_of_two_means_lies_in_its_interval(group, rest):
    ratio = of_means(group, rest, 0.95)
    if group.sum() > 0 and rest.sum() > 0:
        assert ratio is not None
        assert ratio.value == pytest.approx(group.mean() / rest.mean(), rel=1e-9)
    if ratio is not None:
        assert 0 < ratio.low <= ratio.value <= ratio.high
    if group.sum() + rest.sum() == 0:
        assert ratio is None


def test_a_group_whose_values_are_all_zero_has_an_interval():
    rest = np.random.default_rng(0).gamma(1.0, 1.0, 500)
    ratio = of_means(np.zeros(40), rest, 0.95)
    assert ratio is not None
    assert 0 < ratio.low <= ratio.value <= ratio.high
    assert ratio.high < 0.3
    few = of_means(np.zeros(3), rest, 0.95)
    assert few is not None
    assert few.high > 2 * ratio.high


def test_an_interval_of_very_many_zeros_still_holds_its_value():
    rest = np.random.default_rng(3).gamma(2.0, 1.0, 100)
    ratio = of_means(np.zeros(30_000), rest, 0.95)
    assert ratio.low <= ratio.value <= ratio.high


def test_means_of_skewed_values_are_covered():
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(800):
        ratio = of_means(rng.gamma(0.8, 1, 60), rng.gamma(0.8, 1, 600), 0.95)
        held += ratio is not None and ratio.low <= 1 <= ratio.high
    assert held / 800 >= 0.92


def test_a_ratio_of_sums_is_that_of_the_sums_not_the_mean_of_ratios():
    group = (np.array([1.0, 9.0]), np.array([10.0, 10.0]))
    rest = (np.array([2.0, 2.0]), np.array([10.0, 10.0]))
    ratio = ratio_intervals.of_ratios(group, rest, 0.95)
    assert ratio is not None
    assert ratio.value == pytest.approx(2.5)
