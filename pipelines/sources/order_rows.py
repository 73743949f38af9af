"""Files of which a row is an order without its items, and files without amounts: what stands for what they lack."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.sources.amounts import Value
from pipelines.sources.evidence import Evidence
from pipelines.sources.header_names import ORDER_TOTALS, likeness
from pipelines.sources.profile import ColumnProfile

PRODUCT = "order"
"""What every order is a piece of, where the file names no products."""
_UNIQUE = 0.99


def of_whole_orders(order: ColumnProfile | None, evidence: Evidence) -> bool:
    """Whether nearly every row has an order of its own."""
    return order is not None and order.filled >= _UNIQUE and evidence.different(order) >= _UNIQUE


def constants(*, counted: bool) -> dict[str, Value]:
    """What the mapping says of products and, where no column has been `counted`, of quantities."""
    why = "every row is an order and none tells its items: churn and value only, no demand and no recommendation"
    found = {"product_id": Value(PRODUCT, why)}
    return found if counted else {**found, "quantity": Value("1", "every row is an order")}


def order_total(free: Sequence[ColumnProfile]) -> ColumnProfile | None:
    """The column that is called like what an order comes to."""
    named = [column for column in free if column.number and likeness(column.name, ORDER_TOTALS) > 0]
    return max(named, key=lambda column: likeness(column.name, ORDER_TOTALS), default=None)


def without_amounts(free: Sequence[ColumnProfile]) -> dict[str, Value]:
    """One piece a row for nothing, where no column is left that could be an amount."""
    if any(column.number and column.distinct > 1 for column in free):
        return {}
    why = "no column holds amounts: nothing about money can be told"
    return {"quantity": Value("1", "every row is one piece"), "revenue": Value("0", why)}
