"""What rules may name, and what they go by: the shop's products, groups of products, regions, and costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from core import query_engine
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from models.recommendation.merchandising.rule import SELECTORS, ProductTexts

READS = (
    Read("products", ("product_id", "category", "department", "brand", "unit_cost"), "merchandisers' rules"),
    Read("customers", ("customer_id", "region"), "merchandisers' rules of a region"),
    Read("orders", ("region",), "merchandisers' rules of a region"),
)

_PRODUCTS = "SELECT product_id, category, department, brand, unit_cost FROM products ORDER BY product_id"
_SOLD = "SELECT DISTINCT product_id FROM orders WHERE product_id IS NOT NULL ORDER BY product_id"
_ORDERED_FROM = "SELECT DISTINCT region FROM orders WHERE region IS NOT NULL"
_LIVED_IN = "SELECT DISTINCT region FROM customers WHERE region IS NOT NULL"
_MOSTLY = """
    SELECT customer_id, region FROM orders WHERE customer_id IS NOT NULL AND region IS NOT NULL
    GROUP BY 1, 2 QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY count(*) DESC, region) = 1
"""
_HOME = "SELECT customer_id, max(region) FROM customers WHERE region IS NOT NULL GROUP BY 1"


@dataclass(frozen=True)
class ShopTerms:
    """`products` has product_id, category, department, brand, unit_cost; `regions` those of orders and customers."""

    products: pd.DataFrame
    regions: tuple[str, ...]

    @cached_property
    def texts(self) -> ProductTexts:
        """What products are chosen by."""
        return {column: self.products[column].to_numpy(dtype=object) for column in SELECTORS.values()}

    def names(self, key: str) -> list[str]:
        """What may stand under one of the keys that name products."""
        return sorted(self.products[SELECTORS[key]].dropna().unique())

    @property
    def knows_costs(self) -> bool:
        """Whether anything says what a unit of any product costs."""
        return bool(self.products["unit_cost"].notna().any())


@of_one_generation
def shop_terms(workspace: Workspace) -> ShopTerms:
    """As the tables have them now; without a table of products those that were ordered."""
    with query_engine.on_tables(workspace) as connection:
        listed = bool(workspace.tables.files("products"))
        products: pd.DataFrame = connection.execute(_PRODUCTS if listed else _SOLD).df()
        homes = [_LIVED_IN] if workspace.tables.files("customers") else []
        found = connection.execute(" UNION ".join([_ORDERED_FROM, *homes])).fetchall()
    products = products.reindex(columns=[*SELECTORS.values(), "unit_cost"])
    return ShopTerms(products, tuple(sorted(name for (name,) in found)))


@of_one_generation
def home_regions(workspace: Workspace) -> dict[str, str]:
    """Where each customer is at home by the table `customers`, else where they ordered most lines."""
    with query_engine.on_tables(workspace) as connection:
        found = dict(connection.execute(_MOSTLY).fetchall())
        if workspace.tables.files("customers"):
            found |= dict(connection.execute(_HOME).fetchall())
    return found
