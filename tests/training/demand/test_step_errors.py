"""How far forecasts are off by how far ahead they look."""

import numpy as np
import pytest

from models.demand.forecast import LEVELS, Forecast, tidy
from tests.models.demand.conftest import make_histories
from training.demand.step_errors import by_step, draw


def flat(units: float) -> Forecast:
    mean = np.full((6, 28), units)
    return tidy(make_histories(), mean, np.repeat(mean[:, :, None], len(LEVELS), axis=2))


@pytest.fixture
def sold() -> np.ndarray:
    """Ten of each series each day; the third day nobody knows of the last series."""
    units = np.full((6, 28), 10.0)
    units[5, 2] = np.nan
    return units


def test_each_period_has_the_units_that_every_forecast_was_off_by(sold: np.ndarray) -> None:
    found = by_step({"model": flat(11.0), "naive": flat(7.0)}, sold)
    assert found.columns.tolist() == ["step", "sold", "model", "naive"]
    assert found.iloc[0].tolist() == [1, 60, 6, 18]
    assert found.iloc[2].tolist() == [3, 50, 5, 15]


def test_the_picture_shows_each_in_shares_of_what_usually_sells(sold: np.ndarray) -> None:
    lines = draw(by_step({"model": flat(11.0), "naive": flat(7.0)}, sold)).axes[0].get_lines()
    assert [line.get_label() for line in lines] == ["model", "naive"]
    assert lines[0].get_ydata()[0] == pytest.approx(0.1, rel=0.01)
