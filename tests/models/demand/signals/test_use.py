"""What signals make of a forecast: each series in its own direction, and next to nothing of noise."""

import json
from dataclasses import replace

import numpy as np
import pytest

from models.demand.adjustments import Adjustments
from models.demand.plans import Calendar, Plans
from models.demand.signals.readings import Signals
from models.demand.signals.use import SignalUse, Term, effects
from tests.support.planted import HORIZON, ORIGIN, planted_shop

WEATHER = (Term("weather"),)


@pytest.fixture(scope="module")
def shop():
    return planted_shop(1)


@pytest.fixture(scope="module")
def plans(shop) -> Plans:
    return shop.days.known(ORIGIN, HORIZON)


def strengths(found: np.ndarray) -> np.ndarray:
    return np.abs(found).mean(1)


def test_the_series_that_it_lifts_and_those_it_lowers_move_apart(shop, plans):
    found = effects(shop.histories, plans, WEATHER, HORIZON)
    lifted, lowered = found[:8].mean(0), found[8:16].mean(0)
    assert np.corrcoef(lifted, lowered)[0, 1] < -0.95
    assert strengths(found[:16]).mean() > 5 * strengths(found[16:]).mean()


def test_noise_moves_next_to_nothing(shop, plans):
    noise = strengths(effects(shop.histories, plans, (Term("noise"), Term("slow noise")), HORIZON))
    assert noise.mean() < 0.1 * strengths(effects(shop.histories, plans, WEATHER, HORIZON)[:16]).mean()


def test_what_is_observed_only_moves_the_days_it_reaches(shop, plans):
    found = effects(shop.histories, plans, (Term("searches", 3),), HORIZON)
    reached, beyond = np.abs(found[:, :3]).max(), np.abs(found[:, 14:]).max()
    assert reached > 0.05
    assert beyond < 0.05 * reached


def test_each_region_follows_its_own_weather(shop):
    regions = ["north", "south"]
    keys = ("category", "region")
    histories = replace(shop.histories, ids=tuple(f"{place // 2}|{regions[place % 2]}" for place in range(40)))
    [north] = [each for each in shop.days.signals.each if each.name == "weather"]
    turned = tuple(-value for value in north.values)
    each = (replace(north, region="north"), replace(north, region="south", values=turned))
    regional = Calendar((), Signals(each, keys)).known(ORIGIN, HORIZON)
    found = effects(histories, regional, WEATHER, HORIZON)
    everywhere = effects(shop.histories, shop.days.known(ORIGIN, HORIZON), WEATHER, HORIZON)
    np.testing.assert_allclose(found[:16], everywhere[:16], atol=0.15)


def test_weeks_follow_the_mean_of_their_days(shop, plans):
    weeks = shop.histories.units[:, 1:].reshape(40, 52, 7).sum(2)
    weekly = replace(shop.histories, freq="W", units=weeks)
    found = effects(weekly, plans, WEATHER, 4)
    assert found.shape == (40, 4)
    assert np.corrcoef(found[:8].mean(0), found[8:16].mean(0))[0, 1] < -0.9


def test_a_signal_that_is_gone_leaves_forecasts_as_they_are(shop):
    assert not effects(shop.histories, Calendar().known(ORIGIN, HORIZON), WEATHER, HORIZON).any()


def test_the_use_of_signals_comes_back_as_it_was_saved():
    use = SignalUse((Term("weather"), Term("searches", 3)), 0.75)
    content = json.dumps(Adjustments(signals=use).as_json())
    assert Adjustments.of(json.loads(content)).signals == use
    assert use.names == ("searches", "weather")
