"""Customers of a simulated shop, a block at a time: their rates, when they came and left, and who was contacted.

Each buys at a rate of its own on the shop's clock until it leaves, and leaves at a rate of its own, both gamma
distributed over customers: the Pareto/NBD of Schmittlein, Morrison and Colombo (1987), with seasons in the clock, and
with rates that are multiplied for a time (a contact) or from a day on (a planted change).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.arrays import BoolArray, Float64Array, Int64Array
from pipelines.simulated_shop.chance import generator
from pipelines.simulated_shop.shop_scenario import ATTRIBUTES, ShopScenario
from pipelines.simulated_shop.shop_size import ShopSize
from pipelines.simulated_shop.timeline import Timeline

NOT_ASKED, HELD_OUT, TREATED = 0, 1, 2


@dataclass(frozen=True)
class Population:
    """The customers of a block, by number within it, and how their rates change over `borders` (days, rising).

    `rate` is relative until the shop's lines are shared out; `leaving` is per day. `came` may lie before the first
    day; `starts` is the first purchase, `ends` when the customer leaves (infinite: not by the last day). Between two
    borders the rate is that of the customer times `busier`, that of leaving is `leaving` times `restless`; `planted` is
    what both have been multiplied by for good on the last day, without contacts. `contacts`: for each round
    NOT_ASKED, HELD_OUT or TREATED.
    """

    first: int
    rate: Float64Array
    leaving: Float64Array
    came: Float64Array
    starts: Float64Array
    ends: Float64Array
    region: Int64Array
    taste: Int64Array
    groups: dict[str, Int64Array]
    basket: Float64Array
    effect: Float64Array
    contacts: NDArray[np.uint8]
    borders: Float64Array
    busier: Float64Array
    restless: Float64Array
    planted: tuple[Float64Array, Float64Array]
    days: Timeline

    @property
    def count(self) -> int:
        """How many customers."""
        return len(self.rate)

    @cached_property
    def spans(self) -> tuple[Float64Array, Float64Array]:
        """From when to when each may buy between two borders, on the shop's clock [customers, borders - 1]."""
        borders = self.days.busy(self.borders)
        since = self.days.busy(self.starts)[:, None]
        until = self.days.busy(np.minimum(self.ends, self.days.days))[:, None]
        low = np.clip(borders[:-1], since, until)
        return low, np.maximum(np.clip(borders[1:], since, until), low)

    @cached_property
    def expected(self) -> Float64Array:
        """Purchases beyond the first in proportion, [customers, borders - 1]."""
        low, high = self.spans
        return np.asarray(self.rate[:, None] * self.busier * (high - low))


@dataclass(frozen=True)
class Peopling:
    """Makes the blocks of a shop's customers, each from the seed and its number alone."""

    scenario: ShopScenario
    size: ShopSize
    days: Timeline
    block: int

    @property
    def blocks(self) -> int:
        """How many."""
        return -(-self.size.customers // self.block)

    @cached_property
    def rounds(self) -> Int64Array:
        """The days on which customers are contacted."""
        every = self.scenario.contacts.every_days
        return np.arange(every, self.days.days, every) if self.scenario.contacts.share else np.zeros(0, dtype=np.int64)

    @cached_property
    def borders(self) -> Float64Array:
        """The days on which a rate may change."""
        changes = [self.days.number_of(change.since) for change in self.scenario.changes]
        over = self.rounds + self.scenario.contacts.lasts_days
        inner = {float(day) for day in [*self.rounds, *over, *changes] if 0 < day < self.days.days}
        return np.array([0.0, *sorted(inner), float(self.days.days)])

    def people(self, number: int) -> Population:
        """The customers of a block."""
        rng = generator(self.size.seed, "customers", number)
        first = number * self.block
        count = min(self.block, self.size.customers - first)
        scenario = self.scenario
        shares = np.array([region.share for region in scenario.regions])
        region = _drawn(rng, shares, count)
        groups = {name: _drawn(rng, np.array([*values.values()]), count) for name, values in ATTRIBUTES.items()}
        taste = rng.integers(0, scenario.purchases.tastes, count)
        evenness, staying = scenario.purchases.evenness, scenario.lifetimes
        rate = np.maximum(rng.gamma(evenness, 1 / evenness, count), 1e-6)
        leaving = rng.gamma(staying.evenness, 1 / (staying.evenness * staying.mean_days), count) + 1e-9
        for name in ("purchase_rate", "churn_rate"):
            factor = np.array([getattr(each, name) for each in scenario.regions])[region]
            for group in scenario.groups:
                there = groups[group.attribute] == [*ATTRIBUTES[group.attribute]].index(group.value)
                factor = np.where(there, factor * getattr(group, name), factor)
            rate, leaving = (rate * factor, leaving) if name == "purchase_rate" else (rate, leaving * factor)
        came, starts = self._arrivals(rng, rate)
        busier, restless = self._changes(region, groups, "purchase_rate"), self._changes(region, groups, "churn_rate")
        planted = busier[:, -1].copy(), restless[:, -1]
        contacts = self._contacts(rng, starts)
        by_taste = 2 * generator(self.size.seed, "effects").random(scenario.purchases.tastes)
        effect = np.maximum(scenario.contacts.effect * np.where(by_taste < 0.4, 0, by_taste), -1.0)[taste]
        busier = self._contacted(busier, contacts, effect)
        ends = self._leave(starts, leaving[:, None] * restless, rng.exponential(size=count))
        return Population(
            first, rate, leaving, came, starts, ends, region, taste, groups, rng.gamma(4.0, 0.25, count), effect,
            contacts, self.borders, busier, restless, planted, self.days,
        )  # fmt: skip

    def _arrivals(self, rng: np.random.Generator, rate: Float64Array) -> tuple[Float64Array, Float64Array]:
        """When customers came and first bought: those there at the start, as their rate has it; others evenly."""
        days, count = float(self.days.days), len(rate)
        pace = rate * (self.size.lines / self.scenario.purchases.lines_per_order / self.size.customers) / days * 2
        within = -np.expm1(-pace * days)  # of those there, all who buy at all within the days
        wait = -np.log1p(-rng.random(count) * within) / np.maximum(pace, 1e-12)
        old = rng.random(count) < self.scenario.lifetimes.there_at_start
        evenly = self.days.days_at(rng.random(count) * days)
        came = np.where(old, -rng.exponential(400.0, count), evenly)
        starts = np.where(old, self.days.days_at(np.minimum(wait, days)), evenly)
        return came, starts

    def _changes(self, region: Int64Array, groups: dict[str, Int64Array], what: str) -> Float64Array:
        """What is planted, as a factor [customers, borders - 1]."""
        factor = np.ones((len(region), len(self.borders) - 1))
        names = [each.name for each in self.scenario.regions]
        for change in self.scenario.changes:
            if change.what != what:
                continue
            there: BoolArray = np.ones(len(region), dtype=bool)
            if change.region is not None:
                there = region == names.index(change.region)
            if change.attribute is not None and change.value is not None:
                there = there & (groups[change.attribute] == [*ATTRIBUTES[change.attribute]].index(change.value))
            since = self.borders[:-1] >= self.days.number_of(change.since)
            factor[np.ix_(there, since)] *= change.factor
        return factor

    def _contacts(self, rng: np.random.Generator, starts: Float64Array) -> NDArray[np.uint8]:
        """Of everybody who has bought before a round, some, whether they have left or not: the shop can't know."""
        form = self.scenario.contacts
        shape = (len(starts), len(self.rounds))
        asked = (rng.random(shape) < form.share) & (starts[:, None] < self.rounds)
        return np.where(asked, np.where(rng.random(shape) < form.treated, TREATED, HELD_OUT), NOT_ASKED).astype(
            np.uint8
        )

    def _contacted(self, busier: Float64Array, contacts: NDArray[np.uint8], effect: Float64Array) -> Float64Array:
        for number, day in enumerate(self.rounds):
            after = (self.borders[:-1] >= day) & (self.borders[:-1] < day + self.scenario.contacts.lasts_days)
            treated = np.flatnonzero(contacts[:, number] == TREATED)
            busier[np.ix_(treated, after)] *= 1 + effect[treated, None]
        return busier

    def _leave(self, starts: Float64Array, hazard: Float64Array, patience: Float64Array) -> Float64Array:
        """The day on which the hazard summed up since the first purchase reaches an exponential variable of mean 1."""
        low = np.maximum(self.borders[:-1], starts[:, None])
        piece = np.maximum(self.borders[1:] - low, 0.0) * hazard
        total = np.cumsum(piece, axis=1)
        reached = total >= patience[:, None]
        at = np.where(reached.any(axis=1), reached.argmax(axis=1), -1)
        rows = np.arange(len(starts))
        day = low[rows, at] + (patience - (total - piece)[rows, at]) / np.maximum(hazard[rows, at], 1e-300)
        return np.where(at >= 0, day, np.inf)


def _drawn(rng: np.random.Generator, shares: Float64Array | Sequence[float], count: int) -> Int64Array:
    sums = np.cumsum(shares)
    return np.asarray(np.searchsorted(sums, rng.random(count) * sums[-1], side="right"), dtype=np.int64)
