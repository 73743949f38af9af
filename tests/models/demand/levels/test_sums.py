"""Groups of series: exact means, quantiles of sums, and how far series go together."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from models.demand.forecast import LEVELS, Forecast
from models.demand.levels.series_groups import NONE, SeriesGroups
from models.demand.levels.sums import measured, summed

SERIES, DAYS = 40, 28
QUANTILES = np.array([5.0, 8.0, 10.0, 12.0, 15.0])
"""Of every series on every day: next to a normal distribution of mean 10 and deviation 3."""
GROUPS = SeriesGroups(("department",), ("a", "b", "lone"), np.array([0] * 25 + [1] * 13 + [2, NONE]))


def forecast(days: int = DAYS) -> Forecast:
    first = date(2024, 7, 1)
    return Forecast(
        tuple(f"s{n}" for n in range(SERIES)),
        tuple(first + timedelta(days=n) for n in range(days)),
        np.full((SERIES, days), 10.0),
        np.broadcast_to(QUANTILES, (SERIES, days, 5)).copy(),
    )


def units(correlation: float, days: int, seed: int) -> np.ndarray:
    """What is sold when series go together on a day."""
    rng = np.random.default_rng(seed)
    shared, own = rng.normal(size=(1, days)), rng.normal(size=(SERIES, days))
    chance = ndtr(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own)
    return 10 + 3 * ndtri(np.clip(chance, 1e-6, 1 - 1e-6))


def test_means_add_up_exactly_and_a_group_of_one_is_its_series():
    each = forecast()
    each = replace(each, mean=each.mean * np.linspace(0.3, 2, SERIES)[:, None])
    found = summed(each, GROUPS, 0.2)
    np.testing.assert_allclose(found.mean[:2], [each.mean[:25].sum(0), each.mean[25:38].sum(0)], rtol=1e-12)
    np.testing.assert_array_equal(found.quantiles[2], each.quantiles[38])
    assert found.ids == ("a", "b", "lone")
    assert (np.diff(found.quantiles, axis=2) >= 0).all()


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_quantiles_of_sums_cover_what_they_say_where_sums_of_quantiles_do_not(correlation):
    each, sold = forecast(400), units(correlation, 400, seed=1)[:25].sum(0)
    found = summed(each, GROUPS, correlation).quantiles[0]
    assert ((sold >= found[:, 0]) & (sold <= found[:, -1])).mean() == pytest.approx(0.9, abs=0.05)
    low, high = (25 * QUANTILES[place] for place in (0, -1))
    assert ((sold >= low) & (sold <= high)).mean() > 0.98


@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.4])
def test_how_far_series_go_together_is_measured_on_past_windows(correlation):
    windows = [(forecast(400), units(correlation, 400, seed), GROUPS) for seed in (1, 2)]
    assert measured(windows) == pytest.approx(correlation, abs=0.12)


def test_days_without_stock_are_no_error_of_a_sum():
    sold = units(0.1, DAYS, 5)
    sold[:10, 3] = np.nan
    assert measured([(forecast(), sold, GROUPS)]) < 0.5


def test_many_series_are_added_up_block_by_block(monkeypatch):
    whole = summed(forecast(), GROUPS, 0.2)
    monkeypatch.setattr("models.demand.levels.sums._BLOCK", 10)
    parts = summed(forecast(), GROUPS, 0.2)
    np.testing.assert_allclose(parts.mean, whole.mean)
    np.testing.assert_allclose(parts.quantiles, whole.quantiles, rtol=0.05)
    assert len(LEVELS) == parts.quantiles.shape[2]
