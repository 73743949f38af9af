"""How many left beside how many were expected to: doubled churn is told, and what months differ by is not."""

import numpy as np
import pytest

from monitoring.leaving.left_over_expected import USUALLY, WORTH, Straying, measure, straying


def window(factor, seed=1, customers=2000):
    """Probabilities of leaving, and who left where the odds of all are so many times as high."""
    rng = np.random.default_rng(seed)
    probability = rng.beta(1, 8, customers)
    return (rng.random(customers) < np.minimum(probability * factor, 1)).astype(float), probability


def test_doubled_churn_is_twice_what_was_expected_beyond_chance():
    found = measure(*window(2.0), Straying())
    assert found.low <= 2.0 <= found.high
    assert found.more < 1e-5 < found.fewer
    assert found.left == int(window(2.0)[0].sum())


def test_half_of_the_churn_is_fewer_than_expected():
    found = measure(*window(0.5), Straying())
    assert found.fewer < 1e-4 < found.more


def test_of_calibrated_probabilities_the_interval_holds_one():
    held = [found.low <= 1 <= found.high for seed in range(60) if (found := measure(*window(1.0, seed), Straying()))]
    assert np.mean(held) >= 0.95


def test_months_that_stray_widen_the_interval():
    narrow, wide = (measure(*window(1.3), Straying(variance, 8.0)) for variance in (0.0025, 0.09))
    assert wide.high - wide.low > narrow.high - narrow.low
    assert wide.more > narrow.more


def months(swing, seed=3, customers=3000, weeks=70):
    """Days with a purchase, [customer, week], where every third month fewer come."""
    rng = np.random.default_rng(seed)
    level = np.where((np.arange(weeks) // 4) % 3 == 0, 1 - swing, 1.0)
    return rng.poisson(rng.gamma(0.8, 0.5, customers)[:, None] * level).astype("int64")


def test_a_shop_whose_months_differ_strays_more_than_one_whose_months_do_not():
    calm, wild = straying(months(0.0), 4, 13), straying(months(0.6), 4, 13)
    assert calm.variance < USUALLY**2 < wild.variance
    assert calm.freedom > WORTH


def test_a_young_shop_is_taken_to_stray_by_a_tenth():
    assert straying(months(0.0)[:, :15], 4, 13) == Straying()


@pytest.mark.parametrize("everybody", [0.0, 1.0])
def test_nobody_or_everybody_leaving_is_a_figure_too(everybody):
    found = measure(np.full(50, everybody), np.full(50, 0.2), Straying())
    assert np.isfinite([found.ratio, found.low, found.high]).all()
