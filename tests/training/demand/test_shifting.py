"""Quantiles are shifted by what past windows showed."""

import numpy as np
import pytest

from models.demand.adjustments import UNADJUSTED
from training.demand.shifting import MAX_SHIFT, calibrate, shifts


def test_calibration_makes_quantiles_cover_what_they_say() -> None:
    rng = np.random.default_rng(3)
    sold = rng.normal(1.0, 0.5, 20_000)
    told = np.tile([0.6, 0.8, 1.0, 1.2, 1.4], (len(sold), 1))  # too narrow
    shifted = told + 0.8 * np.array(calibrate(told, sold))
    before, after = ((sold[:, None] <= q).mean(0) for q in (told, shifted))
    target = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    assert np.abs(after - target).max() < np.abs(before - target).max()
    assert abs(after[1] - 0.25) < 0.02


def test_no_shift_is_larger_than_a_quarter_of_the_distance() -> None:
    assert calibrate(np.tile([0.0, 0.2, 0.4, 0.6, 1.0], (50, 1)), np.full(50, 900.0)) == (MAX_SHIFT,) * 5


def test_quantiles_without_width_are_left_as_they_are() -> None:
    assert calibrate(np.zeros((9, 5)), np.ones(9)) == (0.0,) * 5


def test_without_a_past_nothing_is_shifted() -> None:
    assert shifts([], UNADJUSTED) == pytest.approx((0.0,) * 5)
