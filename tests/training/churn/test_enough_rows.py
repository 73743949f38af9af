"""On how many rows a fit is worth its time."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from training.churn import enough_rows
from training.churn.examples import Examples
from training.learning_curve import LearningCurve

UNTIL = date(2024, 4, 1)
PARAMETERS = {"max_depth": 2, "eta": 0.3}
SHOP = SimpleNamespace(settings=SimpleNamespace(seed=1, threads=1))
INPUTS = SimpleNamespace(matrix=lambda rows: rows[["x"]].to_numpy(dtype=np.float32))


def rows(count: int, told: float) -> pd.DataFrame:
    """Customers of two origins, of whom one feature tells as much."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=count)
    days = np.where(np.arange(count) < count * 0.8, np.datetime64("2024-01-01"), np.datetime64("2024-03-01"))
    churned = (rng.random(count) < 1 / (1 + np.exp(-told * x))).astype(int)
    return pd.DataFrame({"x": x, "as_of": days, "churned": churned})


def enough(frame: pd.DataFrame) -> int | None:
    return measured(frame).enough


def measured(frame: pd.DataFrame) -> LearningCurve:
    return enough_rows.measure(SHOP, Examples(UNTIL, frame, frame, 28), INPUTS, PARAMETERS, 20)  # type: ignore[arg-type]


def test_where_there_are_too_few_rows_to_tell_all_are_taken() -> None:
    assert enough(rows(500, told=1.0)) is None


def test_where_twice_the_rows_gain_nothing_no_more_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enough_rows, "FIRST_ROWS", 1000)
    found = enough(rows(20_000, told=3.0))
    assert found is not None
    assert found < 16_000


def test_where_all_of_the_rows_still_gain_all_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enough_rows, "FIRST_ROWS", 10)
    assert enough(rows(60, told=3.0)) is None


def test_the_losses_are_kept_and_say_from_how_many_rows_on_more_add_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enough_rows, "FIRST_ROWS", 1000)
    curve = measured(rows(20_000, told=3.0))
    assert [count for count, _ in curve.points] == [1000 * 2**step for step in range(len(curve.points))]
    assert curve.as_csv().splitlines()[0] == "rows,log_loss"
    assert len(curve.as_csv().splitlines()) == len(curve.points) + 1
    assert curve.enough is not None
    assert f"{curve.enough:,} rows" in curve.says
    assert curve.draw().axes[0].get_lines()


def test_where_more_rows_still_gained_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "every one is used" in measured(rows(500, told=1.0)).says
    monkeypatch.setattr(enough_rows, "FIRST_ROWS", 10)
    assert "more rows gained" in measured(rows(60, told=3.0)).says
