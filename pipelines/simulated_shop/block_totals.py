"""How a shop's order lines are shared out to its blocks of customers, so that they come to the number asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Int64Array
from pipelines.simulated_shop.chance import generator, spread
from pipelines.simulated_shop.line_drawing import LINES_AT_ONCE
from pipelines.simulated_shop.population import Peopling
from pipelines.simulated_shop.shop_scenario import ShopScenario
from pipelines.simulated_shop.shop_size import ShopSize

LARGEST_BLOCK = 20_000


@dataclass(frozen=True)
class BlockTotals:
    """For each block: purchases beyond the first of each customer, lines bought, lines given back.

    `scale` makes the relative rates of customers purchases per day.
    """

    repeats: Int64Array
    purchases: Int64Array
    returns: Int64Array
    scale: float


def block_size(size: ShopSize) -> int:
    """Customers that are made at once: as many as have about LINES_AT_ONCE lines."""
    return max(1, min(LARGEST_BLOCK, LINES_AT_ONCE * size.customers // size.lines))


def share_out(scenario: ShopScenario, size: ShopSize, peopling: Peopling) -> BlockTotals:
    """Shares the lines out: to returns, to first purchases, to repeated ones by the rates of the customers."""
    returns = min(int(scenario.returns.share * size.lines), size.lines - size.customers)
    purchases = size.lines - returns
    orders = min(max(round(purchases / scenario.purchases.lines_per_order), size.customers), purchases)
    weights = np.array([peopling.people(number).expected.sum() for number in range(peopling.blocks)])
    if not weights.any():
        orders = size.customers  # nobody stays to come back
    counts = np.diff(np.append(np.arange(peopling.blocks) * peopling.block, size.customers))
    rng = generator(size.seed, "totals")
    repeats = spread(rng, orders - size.customers, weights)
    in_block = counts + repeats
    bought = in_block + spread(rng, purchases - orders, in_block.astype(float))
    borders = np.concatenate([[0], np.cumsum(bought)])
    scale = (orders - size.customers) / float(weights.sum()) if weights.any() else 0.0
    return BlockTotals(repeats, bought, np.diff(returns * borders // purchases), scale)
