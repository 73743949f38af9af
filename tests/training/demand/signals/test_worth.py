"""Signals that are worth something are found, on a shop's past alone; noise is not."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from models.demand.plans import NO_CALENDAR
from models.demand.signals.use import UNUSED
from tests.support.planted import HORIZON, NOISE, PlantedShop, planted_shop
from training.demand.signals.worth import Discovery, discover


def tried(shop: PlantedShop) -> Discovery:
    return discover(shop.histories, shop.days, HORIZON)


@pytest.fixture(scope="module")
def shop() -> PlantedShop:
    return planted_shop(1)


@pytest.fixture(scope="module")
def found(shop) -> Discovery:
    return tried(shop)


def test_planted_signals_are_found_and_noise_is_not(found):
    assert found.names("used") == ("searches", "weather")
    assert found.names("no gain") == tuple(sorted(NOISE))


def test_their_lags_are_learnt(found):
    assert {term.name: term.shift for term in found.terms} == {"searches": 3, "weather": 0}


def test_the_card_says_what_each_is_worth_and_what_is_not_used(found):
    used, unused = found.notes(0.8)
    assert "weather (lag 0; worth" in used
    assert all(f"{name} (no gain)" in unused for name in NOISE)


def test_what_the_model_was_not_better_with_is_named_too(found):
    unused = found.followed(UNUSED)
    assert unused.terms == ()
    assert unused.names("nothing beside the model") == ("searches", "weather")


def test_of_two_signals_that_tell_the_same_one_is_used(shop):
    [weather] = [each for each in shop.days.signals.each if each.name == "weather"]
    twins = (weather, replace(weather, name="fahrenheit", values=tuple(v * 1.8 + 32 for v in weather.values)))
    found = tried(replace(shop, days=replace(shop.days, signals=replace(shop.days.signals, each=twins))))
    assert sorted(each.verdict for each in found.each) == ["told by others", "used"]


def test_carts_that_run_ahead_of_the_sales_of_their_own_series_are_found(shop):
    rng = np.random.default_rng(5)
    carts = rng.poisson(20 * np.exp(0.3 * rng.normal(size=shop.histories.units.shape))).astype(float)
    moved = np.exp(0.3 * np.roll((np.log1p(carts) - 3) / 0.35, 2, axis=1))
    units = rng.poisson(np.maximum(shop.histories.units.mean(1, keepdims=True), 1) * moved).astype(float)
    views = rng.poisson(50.0, units.shape).astype(float)
    nothing = np.zeros(units.shape)
    looked = replace(shop.histories, units=units, interest=np.stack([views, nothing, carts, nothing]))
    found = discover(looked, NO_CALENDAR, HORIZON)
    assert found.names("used") == ("events: carts",)
    assert [term.shift for term in found.terms] == [2]
    assert found.names("no gain") == ("events: views",)


def test_a_constant_signal_is_named(shop):
    constant = tuple(replace(each, values=(1.5,) * len(each.values)) for each in shop.days.signals.each[:1])
    found = tried(replace(shop, days=replace(shop.days, signals=replace(shop.days.signals, each=constant))))
    assert found.names("constant or too few values") == (constant[0].name,)


def test_a_shop_without_a_past_tries_nothing(shop):
    young = replace(shop.histories, units=shop.histories.units[:, -60:])
    found = discover(young, shop.days, HORIZON)
    assert found.names("too little history") == shop.days.signals.names


def test_a_shop_without_signals_has_nothing_to_say(shop):
    assert discover(shop.histories, NO_CALENDAR, HORIZON).notes(0.0) == ()


@pytest.mark.long
def test_of_twenty_shops_signals_are_found_in_most_and_noise_in_hardly_any():
    used = Counter(name for seed in range(20) for name in tried(planted_shop(100 + seed)).names("used"))
    assert used["weather"] == 20
    assert used["searches"] >= 19
    assert sum(used[name] for name in NOISE) == 0
