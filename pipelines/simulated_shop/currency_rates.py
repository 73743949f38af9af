"""What the currencies of a simulated shop are worth from day to day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array, Int64Array
from pipelines.simulated_shop.chance import generator
from pipelines.simulated_shop.shop_scenario import ShopScenario
from pipelines.simulated_shop.timeline import Timeline

_DAILY = 0.004
"""The standard deviation of a day's change of the logarithm, as that of the larger currencies."""


@dataclass(frozen=True)
class CurrencyRates:
    """`worth` is what one unit brings in the base currency, [days, currencies]; `currency` that of each region."""

    names: tuple[str, ...]
    worth: Float64Array
    currency: Int64Array

    def of(self, day: Int64Array, region: Int64Array) -> Float64Array:
        """The rate for what is bought in a region on a day."""
        return self.worth[day, self.currency[region]]


def currency_rates(days: Timeline, scenario: ShopScenario, seed: int) -> CurrencyRates:
    """The base currency is worth 1; the others walk at random from their rate in the scenario."""
    rng = generator(seed, "currencies")
    used = sorted({region.currency for region in scenario.regions} - {scenario.base_currency})
    worth = np.ones((days.days, 1 + len(used)))
    for number, name in enumerate(used, 1):
        steps = _DAILY * rng.normal(size=days.days)
        worth[:, number] = np.round(scenario.currencies[name] * np.exp(np.cumsum(steps)), 5)
    names = (scenario.base_currency, *used)
    return CurrencyRates(names, worth, np.array([names.index(region.currency) for region in scenario.regions]))
