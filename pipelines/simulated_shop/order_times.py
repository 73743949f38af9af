"""Orders of a block of customers: who bought when, and how many lines each has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array, Int64Array
from pipelines.simulated_shop.chance import spread
from pipelines.simulated_shop.population import Population


@dataclass(frozen=True)
class BlockOrders:
    """Orders, the earliest first: `who` is the number in the block, `at` in days, `lines` at least 1."""

    who: Int64Array
    at: Float64Array
    lines: Int64Array

    def part(self, first: int, last: int) -> BlockOrders:
        """Those from `first` to before `last`."""
        return BlockOrders(self.who[first:last], self.at[first:last], self.lines[first:last])


def draw_orders(rng: np.random.Generator, people: Population, repeats: int, purchases: int) -> BlockOrders:
    """The first purchase of each, `repeats` more by their rates while they stay, and so many lines in all of them."""
    counts = spread(rng, repeats, people.expected.ravel())
    cell = np.repeat(np.arange(people.expected.size), counts)
    low, high = (span.ravel() for span in people.spans)
    later = people.days.days_at(low[cell] + rng.random(len(cell)) * (high - low)[cell])
    at = np.concatenate([people.starts, later])
    who = np.concatenate([np.arange(people.count), cell // people.expected.shape[1]])
    order = np.argsort(at, kind="stable")
    at, who = at[order], who[order]
    size = people.basket[who] * rng.gamma(2.0, 0.5, len(who))
    return BlockOrders(who, at, 1 + spread(rng, purchases - len(who), size))
