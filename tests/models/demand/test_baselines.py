from datetime import timedelta

import numpy as np
import pytest

from models import artifact
from models.demand import KIND, baselines
from models.demand.plans import Calendar, Day, Plans
from tests.models.demand.conftest import ORIGIN


@pytest.fixture
def simple():
    return baselines.fitted(ORIGIN, ("category",), "D", 28)


def test_each_says_what_its_name_says(simple, histories):
    units = histories.units
    said = {name: each.forecast(histories, Plans()).mean for name, each in simple.items()}
    assert (said["naive"] == units[:, -1:]).all()
    np.testing.assert_array_equal(said["seasonal_naive"][:, 7:14], units[:, -7:])
    np.testing.assert_allclose(said["mean_28d"][:, 5], units[:, -28:].mean(1))


def test_their_quantiles_are_in_order_and_cover_most(simple, histories):
    for each in simple.values():
        forecast = each.forecast(histories, Plans())
        assert (np.diff(forecast.quantiles, axis=2) >= 0).all()
        assert (forecast.quantiles >= 0).all()
    spread = simple["mean_28d"].forecast(histories, Plans()).quantiles
    inside = (histories.units[:, -28:] >= spread[:, :, 0]) & (histories.units[:, -28:] <= spread[:, :, 4])
    assert 0.8 < inside.mean() <= 1


def test_they_know_of_closures(simple, histories):
    plans = Calendar((Day(ORIGIN + timedelta(days=1), True),)).known(ORIGIN, 28)
    assert simple["naive"].forecast(histories, plans).mean[:, 1].max() == 0


def test_saved_and_loaded_it_is_the_same(simple, tmp_path):
    simple["naive"].save(tmp_path / "baseline")
    assert KIND.load(tmp_path / "baseline") == simple["naive"]


def test_its_calendar_is_saved_with_it(tmp_path):
    closed, later = Day(ORIGIN + timedelta(days=1), True), Day(ORIGIN + timedelta(days=9), False, ORIGIN)
    secret = Day(ORIGIN + timedelta(days=2), True, ORIGIN + timedelta(days=1))
    days = Calendar((closed, later, secret))
    baseline = baselines.fitted(ORIGIN, ("category",), "D", 28, days)["naive"]
    baseline.save(tmp_path / "baseline")
    assert KIND.load(tmp_path / "baseline").calendar == Calendar((closed, later))


def test_a_version_of_a_release_without_a_calendar_loads(simple, tmp_path):
    with artifact.saving(tmp_path / "old") as staging:
        simple["naive"].save(tmp_path / "new")
        (staging / "model.json").write_bytes((tmp_path / "new" / "model.json").read_bytes())
    assert KIND.load(tmp_path / "old") == simple["naive"]
