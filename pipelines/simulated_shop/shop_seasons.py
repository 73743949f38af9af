"""Weeks, years, closed days and growth: how much is bought on each day of a simulated shop, and of which category."""

from __future__ import annotations

from datetime import date

import numpy as np

from models.arrays import Float64Array
from pipelines.simulated_shop.chance import generator
from pipelines.simulated_shop.shop_scenario import SeasonsOfShop, ShopScenario
from pipelines.simulated_shop.shop_size import ShopSize
from pipelines.simulated_shop.timeline import Timeline

YEAR = 365.25


def timeline(scenario: ShopScenario, size: ShopSize) -> Timeline:
    """The shop's days; a shop that would be closed all the time is open after all."""
    first = size.first_day(scenario.last_day)
    seasons = scenario.seasons
    open_days = Timeline(first, scenario.timezone, np.ones(size.days))
    weight = np.array([_weight(day, first, seasons) for day in open_days.dates])
    if not weight.any():
        weight = np.ones(size.days)
    return Timeline(first, scenario.timezone, weight / weight.mean())


def _weight(day: date, first: date, seasons: SeasonsOfShop) -> float:
    if f"{day:%m-%d}" in seasons.closed:
        return 0.0
    christmas = max(0.0, 1 - abs((date(day.year, 12, 20) - day).days) / 25)
    growth = (1 + seasons.growth) ** ((day - first).days / YEAR)
    return float(seasons.week[day.weekday()] * (1 + (seasons.december - 1) * christmas) * growth)


def of_categories(days: Timeline, scenario: ShopScenario, seed: int) -> Float64Array:
    """How much more than on average each category is bought on each day, [days, categories]: a wave a year each."""
    rng = generator(seed, "seasons")
    count = scenario.products.categories
    peak, swing = rng.random(count), scenario.seasons.year * rng.random(count)
    in_year = np.array([day.timetuple().tm_yday / YEAR for day in days.dates])
    wave = 1 + swing * np.cos(2 * np.pi * (in_year[:, None] - peak))
    for change in scenario.changes:
        if change.what == "demand":
            category = slice(None) if change.category is None else int(change.category.split()[-1]) - 1
            wave[max(days.number_of(change.since), 0) :, category] *= change.factor
    return np.asarray(wave)
