"""How much of a booster is believed, and how past windows are waited for."""

from __future__ import annotations

import numpy as np
import pytest

from models.value.outlook_bins import EDGES
from training.value import backtests, hazard_fitting
from training.value.backtests import PastWindow

RNG = np.random.default_rng(6)
CAME = [RNG.gamma(1.0, 30.0, 400) for _ in range(3)]


def windows(formula: float, boosted: float) -> list[PastWindow]:
    """Forecasts that are the truth with so much noise."""

    def noisy(came: np.ndarray, noise: float) -> np.ndarray:
        return np.maximum(came, 1.0) * np.exp(noise * RNG.normal(size=len(came)))

    return [PastWindow(noisy(came, formula), noisy(came, boosted), came) for came in CAME]


def test_a_better_booster_is_believed_and_a_worse_one_is_not() -> None:
    assert backtests.belief(windows(1.0, 0.1)).weight > 0.8
    assert backtests.belief(windows(0.1, 1.5)).weight < 0.1


def test_one_window_is_believed_less_than_three() -> None:
    losses = np.linspace(1.0, 0.0, len(backtests.WEIGHTS))
    assert backtests.best_weight([losses]) < backtests.best_weight([losses] * 3) < 1


def test_a_level_is_corrected_where_the_windows_agree_on_it() -> None:
    assert backtests.shared_level([0.3, 0.31, 0.29]) == pytest.approx(np.exp(0.3), rel=0.02)
    assert backtests.shared_level([0.1, -0.1, 0.02]) == pytest.approx(1.0, abs=0.01)
    assert backtests.shared_level([float("nan")]) == 1.0
    assert backtests.shared_level([0.1, 0.2, 0.3]) > backtests.shared_level([0.3, 0.2, 0.1]) > 1.1


def test_a_customer_is_waited_for_until_back_or_until_the_data_end() -> None:
    next_in, followed = np.array([3.0, np.nan, 40.0, 6.0]), np.array([30.0, 5.0, 70.0, 5.5])
    rows, bins, bought = hazard_fitting.at_risk(next_in, followed)
    waited = {row: EDGES[bins[rows == row]].tolist() for row in range(4)}
    assert waited[0] == [1.0, 2.0, 3.0]
    assert waited[1] == waited[3] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert waited[2][-2:] == [35.0, 42.0]
    assert [int(bought[rows == row].sum()) for row in range(4)] == [1, 0, 1, 0]


def test_the_pace_is_what_came_over_what_was_expected_drawn_towards_one() -> None:
    survival = np.tile(np.exp(-EDGES / 20), (4000, 1))
    days = np.ceil(RNG.exponential(10, 4000))
    found = hazard_fitting.pace(survival, np.where(days <= 28, days, np.nan))
    assert 1.6 < found < 2.0
    assert hazard_fitting.pace(survival[:3], np.full(3, np.nan)) == pytest.approx(1, abs=0.1)


def test_a_total_is_drawn_towards_the_one_that_was_nearer_and_half_way_where_neither_was() -> None:
    near, far = [came * 1.01 for came in CAME], [came * 0.5 for came in CAME]
    formula = [PastWindow(*each) for each in zip(near, far, CAME, strict=True)]
    booster = [PastWindow(*each) for each in zip(far, near, CAME, strict=True)]
    assert backtests.best_anchor(formula) > 0.8
    assert backtests.best_anchor(booster) < 0.2
    assert formula[0].anchored(1.0).boosted.sum() == pytest.approx(near[0].sum())
    nothing = [PastWindow(near[0], far[0], np.zeros(400))]
    assert backtests.best_anchor(nothing) == 0.5
    alike = [PastWindow(came * 1.01, came, came) for came in CAME]
    assert backtests.best_anchor(alike) == 0.5
