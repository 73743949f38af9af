"""Drift: a planted shift of one standard deviation shows, and nothing where nothing was planted."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from core.settings import Rules
from monitoring import drift
from monitoring.drift import ColumnComparison

AS_OF = date(2024, 9, 1)
DAYS = [AS_OF - timedelta(days=28 * back) for back in (5, 4, 3, 2, 1)]


def shop(rng, n, month=0):
    """Features as a shop has them: heavy tails, counts, shares with many zeros, a code, one that grows by itself."""
    return pd.DataFrame(
        {
            "revenue": rng.lognormal(3, 1.2, n),
            "visits": rng.poisson(3, n).astype(float),
            "discount_share": np.where(rng.random(n) < 0.6, 0.0, rng.beta(2, 5, n)),
            "recency": rng.exponential(20, n),
            "tenure": rng.gamma(9, 10, n) + 28.0 * month,
            "segment": rng.choice(["loyal", "new", "at risk"], n, p=[0.5, 0.2, 0.3]),
            "seldom": np.where(rng.random(n) < 0.01, 1.0, np.nan),
        }
    )


def comparison(rng, n=2400, current=None):
    reference = {day: shop(rng, n, month) for month, day in enumerate(DAYS)}
    return ColumnComparison(reference, shop(rng, n, 5) if current is None else current, AS_OF, frozenset({"segment"}))


def moved(compared):
    return {result.column for result in drift.measure(compared, "feature", Rules())[0] if result.drifted}


@pytest.mark.parametrize("n", [120, 600, 2400])
def test_nothing_is_flagged_where_nothing_was_planted(n):
    for seed in range(12):
        assert moved(comparison(np.random.default_rng(seed), n)) == set()


@pytest.mark.parametrize("column", ["revenue", "visits", "discount_share", "recency", "tenure"])
@pytest.mark.parametrize("n", [300, 2400])
def test_a_shift_of_one_standard_deviation_shows_in_its_column_alone(column, n):
    rng = np.random.default_rng(1)
    compared = comparison(rng, n)
    compared.current[column] += compared.pooled[column].std()
    assert moved(compared) == {column}


def test_a_changed_mix_of_codes_shows():
    rng = np.random.default_rng(2)
    current = shop(rng, 2400, 5)
    current["segment"] = rng.choice(["loyal", "new", "at risk"], 2400, p=[0.2, 0.2, 0.6])
    assert moved(comparison(rng, 2400, current)) == {"segment"}


def test_what_grows_by_itself_is_allowed_its_own_pace_and_no_more():
    rng = np.random.default_rng(3)
    assert "tenure" not in moved(comparison(rng, 2400, shop(rng, 2400, 5)))
    assert "tenure" in moved(comparison(rng, 2400, shop(rng, 2400, 9)))


def test_columns_with_too_few_values_have_no_test_and_are_named():
    _, skipped = drift.measure(comparison(np.random.default_rng(4), 300), "feature", Rules())
    assert skipped == ["seldom"]


def test_a_column_whose_table_is_not_there_is_not_mentioned():
    rng = np.random.default_rng(5)
    compared = comparison(rng, 200)
    for frame in (*compared.reference.values(), compared.current):
        frame["complaints"] = np.nan
    planned, skipped = drift.plan(compared, "feature", Rules())
    assert "complaints" not in [*skipped, *(each.column for each in planned)]


def test_a_sample_stands_for_a_million_rows():
    frame = pd.DataFrame({"x": np.arange(100_000.0)})
    small = drift.sampled(frame, 7)
    assert len(small) == drift.MOST_ROWS
    assert small.equals(drift.sampled(frame, 7))


def test_how_far_a_column_may_move_is_a_setting():
    rng = np.random.default_rng(6)
    before, now = (pd.DataFrame({"spend": rng.normal(mean, 1.0, 2000)}) for mean in (0.0, 0.5))
    compared = ColumnComparison({date(2017, 1, 1): before}, now, date(2017, 3, 1))
    strict, lenient = (
        drift.measure(compared, "feature", Rules(drift_distance=far))[0][0].drifted for far in (0.3, 0.9)
    )
    assert (strict, lenient) == (True, False)
