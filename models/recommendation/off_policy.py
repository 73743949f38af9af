"""What a version's lists would have brought, from lists that another one made with known chances.

The value of a version is the mean number of its list's products that the customer buys after the answer. A logged
product that is in the version's list, too, counts 1 / propensity: inverse propensity scoring (Horvitz & Thompson 1952),
without bias where every product of the version's list had some chance. Self-normalised (Swaminathan & Joachims 2015)
the weights are scaled to what they should sum to; doubly robust (Dudik et al. 2011) only what a simple forecast of the
purchase gets wrong is weighted, so that a poor forecast costs width and never the mean. What a product brings is taken
not to depend on its place or its neighbours. Intervals are normal ones over customers, whose answers may be many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from models.arrays import BoolArray, Float64Array, Int64Array
from models.intervals import Interval

LEAST_EFFECTIVE: Final = 100
"""Effective matches that an estimate needs: with fewer, normal intervals hold the truth too seldom."""
LEAST_COVERED: Final = 0.5
"""Share of a version's places whose products had a chance of being shown."""
LEAST_EXPLORED: Final = 50
_Z: Final = 1.959964
SHRUNK: Final = 5.0


@dataclass(frozen=True)
class LoggedPlaces:
    """Places of logged lists: each one's list (from 0), propensity, and whether its product was bought, shape (n,);
    `explored` where chance put it there; `customer` is the code of each list's customer, shape (lists,)."""

    row: Int64Array
    propensity: Float64Array
    bought: BoolArray
    explored: BoolArray
    customer: Int64Array

    @property
    def lists(self) -> int:
        """How many lists."""
        return len(self.customer)

    def summed(self, values: Float64Array) -> Float64Array:
        """Over the places of each list."""
        sums: Float64Array = np.bincount(self.row, weights=values, minlength=self.lists).astype(float)
        return sums


@dataclass(frozen=True)
class VersionLists:
    """A version's lists for the same customers and days: which logged products they have (n,), what the forecast says
    of each logged product (n,) and of the version's whole list (lists,), and how long that is (lists,)."""

    has: BoolArray
    expected: Float64Array
    expected_of_list: Float64Array
    places: Int64Array


@dataclass(frozen=True)
class ListValue:
    """Products bought per list, three ways; `effective` matches, and the share of places that are `covered`."""

    ips: Interval
    self_normalised: Interval
    doubly_robust: Interval
    effective: float
    covered: float
    verdict: Literal["ok", "too few"]


def value(logged: LoggedPlaces, version: VersionLists) -> ListValue:
    """What the lists of a version bring."""
    weight = np.where(version.has, 1 / logged.propensity, 0.0)
    effective = float(weight.sum() ** 2 / max(float((weight**2).sum()), 1e-300))
    matched = logged.summed(weight)
    covered = float(matched.sum() / max(int(version.places.sum()), 1))
    gained = logged.summed(weight * logged.bought)
    enough = effective >= LEAST_EFFECTIVE and covered >= LEAST_COVERED and int(logged.explored.sum()) >= LEAST_EXPLORED
    return ListValue(
        mean(gained, logged.customer),
        _self_normalised(gained, matched, version.places, logged.customer),
        mean(doubly_robust(logged, version), logged.customer),
        effective,
        covered,
        "ok" if enough else "too few",
    )


def doubly_robust(logged: LoggedPlaces, version: VersionLists) -> Float64Array:
    """Of each list what the forecast says, put right by what was seen, shape (lists,)."""
    weight = np.where(version.has, 1 / logged.propensity, 0.0)
    return version.expected_of_list + logged.summed(weight * (logged.bought - version.expected))


def difference(logged: LoggedPlaces, a: VersionLists, b: VersionLists) -> Interval:
    """The doubly robust value of `a` less that of `b`, paired by list."""
    return mean(doubly_robust(logged, a) - doubly_robust(logged, b), logged.customer)


def mean(values: Float64Array, customer: Int64Array) -> Interval:
    """The mean over lists with its 95% interval, those of one customer taken as one draw."""
    found = float(values.mean()) if len(values) else 0.0
    spread = _Z * _standard_error(values - found, customer)
    return Interval(found, found - spread, found + spread)


def forecast(
    cell: Int64Array, bought: BoolArray, fold: BoolArray, asked: Int64Array, asked_fold: BoolArray
) -> Float64Array:
    """The share bought of each cell, learned from the other half of the customers and drawn to the mean of all.

    Args:
        cell, bought, fold: of logged places: a code from 0, whether bought, in which half the customer is.
        asked, asked_fold: of the places that a forecast is asked for.
    """
    size = int(max(cell.max(initial=0), asked.max(initial=0))) + 1
    found = np.zeros(len(asked))
    for half in (False, True):
        learned = fold != half
        overall = float(bought[learned].mean()) if learned.any() else 0.0
        times = np.bincount(cell[learned], minlength=size)
        hits = np.bincount(cell[learned], weights=bought[learned], minlength=size)
        share = (hits + SHRUNK * overall) / (times + SHRUNK)
        found[asked_fold == half] = share[asked[asked_fold == half]]
    return found


def _self_normalised(gained: Float64Array, matched: Float64Array, places: Int64Array, customer: Int64Array) -> Interval:
    """What a matched place brings, times the places of a list; by the delta method."""
    total = float(matched.mean()) if len(matched) else 0.0
    if total <= 0:
        return Interval(0.0, 0.0, 0.0)
    each, length = float(gained.mean()) / total, float(places.mean())
    spread = _Z * _standard_error((gained - each * matched) / total, customer) * length
    return Interval(each * length, each * length - spread, each * length + spread)


def _standard_error(centred: Float64Array, customer: Int64Array) -> float:
    """Of the mean of values that were centred, shape (lists,)."""
    sums = np.bincount(customer, weights=centred)
    sums = sums[np.bincount(customer) > 0]
    customers = len(sums)
    if customers < 2:
        return float("inf")
    return float(np.sqrt((sums**2).sum() * customers / (customers - 1))) / len(centred)
