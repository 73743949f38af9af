"""Intervals, quantiles of the next purchase and the metrics, on small frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from models.intervals import bootstrap
from models.value import outlook_bins
from models.value.evaluation import deviance
from models.value.metrics import Concordance, RankCorrelation
from models.value.outlook_bins import EDGES, NEVER
from models.value.spread import Spread


def test_nine_in_ten_lie_inside_their_interval_whatever_the_size() -> None:
    rng = np.random.default_rng(2)
    expected = rng.gamma(1.0, 50.0, 6000)
    came = expected * rng.gamma(2.0, 0.5, 6000)
    spread = Spread.fit(expected[:3000], came[:3000])
    low, high = spread.bounds(expected[3000:])
    inside = (came[3000:] >= low) & (came[3000:] <= high)
    assert 0.87 < inside.mean() < 0.95
    for part in np.array_split(np.argsort(expected[3000:]), 3):
        assert 0.85 < inside[part].mean() < 0.97
    assert Spread.from_dict(spread.as_dict()) == spread


def test_a_stretched_interval_is_wider_and_few_windows_give_a_wide_one() -> None:
    narrow = Spread((0.0, 1.0), (0.5, 0.6), (1.5, 1.4))
    low, high = narrow.stretched(4).bounds(np.array([4.0, 10.0]))
    assert (low < np.array([2.0, 5.0])).all()
    assert (high > np.array([6.0, 15.0])).all()
    assert Spread.fit(np.ones(20), np.ones(20)).bounds(np.array([10.0])) == (pytest.approx(0), pytest.approx(40))


def test_the_median_of_a_steady_rhythm_and_of_who_never_comes() -> None:
    left = np.stack([np.exp(-EDGES / 10), np.full(len(EDGES), 0.9), 1.0 - EDGES / 1000])
    days = outlook_bins.quantile(left, 0.5)
    assert days.tolist() == [7.0, NEVER, NEVER]
    assert outlook_bins.quantile(left, 0.05).tolist() == [1.0, 1.0, 50.0]
    assert outlook_bins.mean_wait(left)[0] == pytest.approx(10, abs=0.1)


def test_the_rank_correlation_is_spearmans_and_so_are_its_resamples() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"a": rng.poisson(2, 300).astype(float)})
    frame["b"] = frame["a"] + rng.normal(size=300).round()
    statistic = RankCorrelation("a", "b")
    assert statistic(frame) == pytest.approx(spearmanr(frame["a"], frame["b"])[0])
    counts = rng.integers(0, 3, 300)
    repeated = frame.loc[np.repeat(frame.index, counts)]
    found = statistic.resampled(frame, counts[None, :].astype(float))[0]
    assert found == pytest.approx(spearmanr(repeated["a"], repeated["b"])[0])
    assert np.isnan(statistic(frame.assign(a=1.0)))


def test_concordance_counts_pairs_of_whom_one_is_known_to_be_first() -> None:
    frame = pd.DataFrame({"wait": [1.0, 2.0, 3.0, 9.0], "back": [1.0, 5.0, 2.0, np.nan]})
    assert Concordance("wait", "back")(frame) == pytest.approx(5 / 6)
    assert Concordance("wait", "back")(frame.assign(wait=1.0)) == pytest.approx(0.5)
    assert bootstrap(frame, Concordance("wait", "back"), n=50).low <= 5 / 6


def test_the_deviance_is_least_for_who_tells_the_mean() -> None:
    came = np.array([0.0, 0.0, 0.0, 40.0])
    means = [deviance(np.full(4, guess), came).mean() for guess in (5.0, 10.0, 20.0)]
    assert means[1] == min(means)
    assert np.isfinite(deviance(np.zeros(4), came)).all()
    assert deviance(np.full(1, 3.0), np.array([-7.0]))[0] == deviance(np.full(1, 3.0), np.array([0.0]))[0]
