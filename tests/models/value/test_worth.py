"""What a customer is worth over any number of days, from what is expected of 28, 90 and 365."""

from __future__ import annotations

import numpy as np
import pytest

from models.value.worth import over_days


@pytest.mark.parametrize(
    ("days", "spend"), [(14, 14.0), (28, 28.0), (59, 59.0), (90, 90.0), (365, 365.0), (364, 364.0), (640, 640.0)]
)
def test_an_even_spender_spends_evenly(days: int, spend: float) -> None:
    assert over_days([np.array([28.0]), np.array([90.0]), np.array([365.0])], days) == pytest.approx([spend])


def test_more_days_are_never_worth_less_and_nobody_less_than_nothing() -> None:
    said = [np.array([5.0, -2.0]), np.array([4.0, -1.0]), np.array([9.0, -3.0])]
    found = np.array([over_days(said, days) for days in range(1, 500)])
    assert (np.diff(found, axis=0) >= 0).all()
    assert (found >= 0).all()
