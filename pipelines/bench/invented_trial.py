"""Invented randomised trials of two offers, whose truth is known: what a policy earns is computed, not estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Float32Array, Float64Array, Int64Array

OFFERS = 2
BASKET = 113.0
SPREAD = 0.77
"""Of the logarithm of what a purchase brings: few baskets are very large."""


@dataclass(frozen=True)
class TrialShape:
    """How a trial is made: `rate` is the share that buys uncontacted, `differing` how far effects differ (0: not)."""

    name: str
    customers: int
    rate: float
    differing: float


SHAPES = (
    TrialShape("few buy, effects differ", 64_000, 0.006, 1.0),
    TrialShape("few buy, all alike", 64_000, 0.006, 0.0),
    TrialShape("many buy, effects differ", 12_000, 0.1, 0.6),
)


@dataclass(frozen=True)
class InventedTrial:
    """What was seen of it (features, arm, spend), and the truth: expected spend under each arm, shape (rows, arms)."""

    matrix: Float32Array
    arm: Int64Array
    bought: Float64Array
    spend: Float64Array
    truth: Float64Array

    def earned(self, chosen: Int64Array) -> Float64Array:
        """What a choice of arms truly brings of each customer."""
        return np.asarray(self.truth[np.arange(len(chosen)), chosen])


def invent(shape: TrialShape, seed: int) -> InventedTrial:
    """A trial: attributes of customers, arms by lot, purchases by a law in which effects depend on attributes.

    Buyers of one department respond to the offer that is about it, and less to the other.
    """
    rng = np.random.default_rng(seed)
    n = shape.customers
    months, spent = rng.integers(1, 13, n), np.exp(rng.normal(5, 1, n))
    taste = rng.random(n)
    first, second = (taste < 0.55).astype(float), (taste > 0.45).astype(float)
    place, channel, new = rng.integers(0, 3, n), rng.integers(0, 3, n), (rng.random(n) < 0.5).astype(float)
    names = [place == 0, place == 1, channel == 0, channel == 1]
    matrix = np.column_stack([months, spent, first, second, new, *names]).astype(np.float32)
    base = np.log(shape.rate) - 0.05 * (months - 6) + 0.15 * (np.log(spent) - 5)
    about_first = 0.75 + shape.differing * (0.25 * (first - 0.55) - 0.25 * (second - 0.55))
    about_second = 0.45 + shape.differing * (0.6 * (second - 0.55) - 0.5 * (first - 0.55) + 0.1 * (new - 0.5))
    chance = np.exp(np.column_stack([base, base + about_first, base + about_second])).clip(0, 0.9)
    arm = rng.integers(0, OFFERS + 1, n)
    bought = (rng.random(n) < chance[np.arange(n), arm]).astype(float)
    spend = bought * rng.lognormal(np.log(BASKET) - SPREAD**2 / 2, SPREAD, n)
    return InventedTrial(matrix, arm.astype("int64"), bought, spend, chance * BASKET)
