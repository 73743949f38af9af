"""What a unit earns: the price that customers pay less what the unit costs the shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core import query_engine
from core.reads import Read
from core.workspace import Workspace, of_one_generation

Number = TypeVar("Number", bound=np.floating)

READS = (Read("products", ("product_id", "unit_cost"), "margins: of merchandisers' rules, of bundles"),)


@of_one_generation
def unit_costs(workspace: Workspace) -> Mapping[str, float]:
    """What a unit of each product costs, base currency, where that is known."""
    if not workspace.tables.files("products"):
        return {}
    with query_engine.on_tables(workspace) as connection:
        query = "SELECT product_id, unit_cost FROM products WHERE unit_cost IS NOT NULL ORDER BY product_id"
        return {product: float(cost) for product, cost in connection.execute(query).fetchall()}


def margins(price: NDArray[Number], unit_cost: NDArray[Number]) -> NDArray[Number]:
    """Base currency per unit; NaN where either is not known. Both of shape (I,)."""
    return price - unit_cost
