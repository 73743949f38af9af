"""The lists that a start ends with."""

from __future__ import annotations

import pandas as pd

from pipelines.start.first_lists import HEADS


def test_units_add_up_over_days_and_quantiles_do_not() -> None:
    days = pd.date_range("2026-01-01", periods=4)
    frame = pd.DataFrame(
        [("a", day, 3.0, 1.0, 2.0, 3.0, 4.0, 9.0) for day in days] + [("b", day, 5.0, 0, 4, 5, 6, 11) for day in days],
        columns=["category", "date", "mean", "q05", "q25", "q50", "q75", "q95"],
    )
    _, order = HEADS["demand"]
    assert order(frame).to_dict("list") == {
        "category": ["b", "a"],
        "units expected": [20, 12],
        "a slow day": [0, 1],
        "a busy day": [11, 9],
    }
