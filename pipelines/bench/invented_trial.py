"""Invented randomised trials of two offers, whose truth is known: what a policy earns is computed, not estimated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Float32Array, Float64Array, Int64Array

OFFERS = 2
BASKET = 113.0
SPREAD = 0.77
"""Of the logarithm of what a purchase brings: few baskets are very large."""


@dataclass(frozen=True)
class Attributes:
    """What is known of the customers of a trial, an array each."""

    months: Float64Array
    spent: Float64Array
    first: Float64Array
    second: Float64Array
    new: Float64Array


Law = Callable[[Attributes], Sequence[Float64Array]]
"""What each offer adds to the logarithm of a customer's chance to buy."""


@dataclass(frozen=True)
class TrialShape:
    """How a trial is made: `rate` is the share that buys uncontacted, `law` what offers do, `cost` what one costs."""

    name: str
    customers: int
    rate: float
    law: Law
    cost: float = 0.0


def departments(differing: float) -> Law:
    """Buyers of one department respond to the offer that is about it, and less to the other; 0: all alike."""

    def law(of: Attributes) -> Sequence[Float64Array]:
        first = 0.75 + differing * (0.25 * (of.first - 0.55) - 0.25 * (of.second - 0.55))
        own = 0.6 * (of.second - 0.55) - 0.5 * (of.first - 0.55) + 0.1 * (of.new - 0.5)
        return first, 0.45 + differing * own

    return law


def nothing(of: Attributes) -> Sequence[Float64Array]:
    """No offer does anything."""
    return np.zeros_like(of.new), np.zeros_like(of.new)


def tree(of: Attributes) -> Sequence[Float64Array]:
    """Each offer works with some customers, whom only several attributes together tell."""
    lately = np.asarray(of.months <= 6, dtype=float)
    much = np.asarray(of.spent > 150, dtype=float)
    return 0.2 + lately * much, 0.2 + (1 - lately) * of.second


def harmful(of: Attributes) -> Sequence[Float64Array]:
    """The second offer drives away whom it is not about, and the first does a little good to them."""
    return 0.4 - 0.3 * of.second, 1.2 * of.second - 0.7


SHAPES = (
    TrialShape("few buy, effects differ", 64_000, 0.006, departments(1.0)),
    TrialShape("few buy, all alike", 64_000, 0.006, departments(0.0)),
    TrialShape("few buy, offers do nothing", 64_000, 0.01, nothing, cost=0.1),
    TrialShape("few buy, effects differ like a tree", 64_000, 0.01, tree),
    TrialShape("few buy, an offer does harm", 64_000, 0.01, harmful),
    TrialShape("many buy, effects differ", 12_000, 0.1, departments(0.6)),
)


@dataclass(frozen=True)
class InventedTrial:
    """What was seen of it (features, arm, spend), and the truth: expected spend under each arm less what the arm
    costs, shape (rows, arms); `costs` is of each offer.
    """

    matrix: Float32Array
    arm: Int64Array
    bought: Float64Array
    spend: Float64Array
    truth: Float64Array
    costs: Float64Array

    def earned(self, chosen: Int64Array) -> Float64Array:
        """What a choice of arms truly brings of each customer."""
        return np.asarray(self.truth[np.arange(len(chosen)), chosen])


def invent(shape: TrialShape, seed: int) -> InventedTrial:
    """A trial: attributes of customers, arms by lot, purchases by the law of its shape."""
    rng = np.random.default_rng(seed)
    n = shape.customers
    months, spent = rng.integers(1, 13, n), np.exp(rng.normal(5, 1, n))
    taste = rng.random(n)
    first, second = (taste < 0.55).astype(float), (taste > 0.45).astype(float)
    place, channel, new = rng.integers(0, 3, n), rng.integers(0, 3, n), (rng.random(n) < 0.5).astype(float)
    names = [place == 0, place == 1, channel == 0, channel == 1]
    matrix = np.column_stack([months, spent, first, second, new, *names]).astype(np.float32)
    base = np.log(shape.rate) - 0.05 * (months - 6) + 0.15 * (np.log(spent) - 5)
    adds = shape.law(Attributes(months.astype(float), spent, first, second, new))
    chance = np.exp(np.column_stack([base, *(base + each for each in adds)])).clip(0, 0.9)
    arm = rng.integers(0, OFFERS + 1, n)
    bought = (rng.random(n) < chance[np.arange(n), arm]).astype(float)
    spend = bought * rng.lognormal(np.log(BASKET) - SPREAD**2 / 2, SPREAD, n)
    costs = np.full(OFFERS, shape.cost)
    truth = chance * BASKET - np.concatenate([[0.0], costs])
    return InventedTrial(matrix, arm.astype("int64"), bought, spend, truth, costs)
