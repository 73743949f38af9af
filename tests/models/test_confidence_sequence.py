"""Looking every day raises no more false alarms than were allowed, and what differs is found."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.confidence_sequence import LEAST, ArmSample, difference, more_needed

DAYS, TRIALS, ALPHA = 120, 400, 0.05


def alarms(rate_a: float, rate_b: float, share: float, seed: int = 20) -> float:
    """The share of trials in which any of the daily looks calls two arms different."""
    rng, called = np.random.default_rng(seed), 0
    for _ in range(TRIALS):
        sizes = rng.binomial(100, share, DAYS)
        n_b, n_a = np.cumsum(sizes), np.cumsum(100 - sizes)
        hits_a, hits_b = np.cumsum(rng.binomial(100 - sizes, rate_a)), np.cumsum(rng.binomial(sizes, rate_b))
        looks = zip(n_a.tolist(), hits_a.tolist(), n_b.tolist(), hits_b.tolist(), strict=True)
        found = (difference(of(n1, h1), of(n2, h2), ALPHA) for n1, h1, n2, h2 in looks)
        called += any(each.low > 0 or each.high < 0 for each in found)
    return called / TRIALS


def of(n: int, hits: int) -> ArmSample:
    if not n:
        return ArmSample(0, math.nan, 0.25)
    p = (hits + 2) / (n + 4)
    return ArmSample(n, hits / n, p * (1 - p))


@pytest.mark.parametrize(("rate", "share"), [(0.3, 0.5), (0.3, 0.05), (0.02, 0.05), (0.9, 0.1)])
def test_equal_versions_looked_at_every_day_are_called_different_less_often_than_alpha(rate: float, share: float) -> (
    None
):  # fmt: skip
    assert alarms(rate, rate, share) <= ALPHA


def test_a_clearly_worse_version_is_found() -> None:
    assert alarms(0.30, 0.20, 0.2) > 0.95


def test_a_fixed_interval_looked_at_every_day_would_not_do() -> None:
    """Why there are confidence sequences at all."""
    rng, called = np.random.default_rng(20), 0
    for _ in range(200):
        mean = np.cumsum(rng.normal(size=(DAYS, 100)).sum(1)) / np.arange(100, 100 * DAYS + 1, 100)
        called += bool((np.abs(mean) > 1.96 / np.sqrt(np.arange(100, 100 * DAYS + 1, 100))).any())
    assert called / 200 > 4 * ALPHA


def test_of_too_few_nothing_is_said() -> None:
    few = difference(of(LEAST - 1, 90), of(1000, 10), ALPHA)
    assert math.isnan(few.low)
    assert more_needed(of(0, 0), of(0, 0), ALPHA, 0.01) == 2 * LEAST


def test_it_says_how_many_more_are_needed() -> None:
    a, b, least = of(900, 270), of(100, 30), 0.03
    more = more_needed(a, b, ALPHA, least)
    grown = 1 + more / 1000
    reached = difference(of(round(900 * grown), round(270 * grown)), of(round(100 * grown), round(30 * grown)), ALPHA)
    assert (reached.high - reached.low) / 2 == pytest.approx(least, rel=0.03)
    assert more_needed(of(10**6, 300_000), of(10**6, 300_000), ALPHA, 0.03) == 0


def test_a_sample_is_told_by_its_outcomes() -> None:
    assert ArmSample.of([1.0, 0.0, 0.0, 0.0]).mean == 0.25
    assert ArmSample.of([0.0] * 200).variance > 0
    assert ArmSample.of([3.0, 5.0], shares=False).variance == 1.0
    assert ArmSample.of([1.0] * 6 + [0.0] * 194).variance == pytest.approx(of(200, 6).variance)
