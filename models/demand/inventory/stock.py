"""The stock of each series: the last day told of before a date, of every product, store and region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from core import query_engine
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from feature_repo.counted_products import counted_products
from models.demand.series import join_keys

READS = (
    Read("stock", ("product_id", "date", "on_hand", "on_order", "store_id", "region"), "order plans: what is there"),
    Read("products", ("product_id", "category", "department", "brand"), "order plans: which series a product is of"),
)

OF_PRODUCTS = ("category", "department", "brand")
OF_STOCK = ("product_id", "store_id", "region")
OLD = timedelta(days=7)
"""A count that lies further back is said to be old."""


def _no_units() -> pd.DataFrame:
    return pd.DataFrame({"on_hand": [], "on_order": [], "day": []}, index=pd.Index([], name="series_id"))


@dataclass(frozen=True)
class Stock:
    """Units by series_id (on_hand, on_order, and the oldest count's day), and what is to be said of the table.

    unknown: products of no series, as they are not among the products or their key is empty
    excluded: products that `products.exclude` leaves out
    below_zero: products of which less than nothing is in hand
    missing: why nothing is known; empty where the table could be read
    """

    units: pd.DataFrame = field(default_factory=_no_units)
    unknown: int = 0
    excluded: int = 0
    below_zero: int = 0
    missing: str = ""


@of_one_generation
def stock(workspace: Workspace, keys: Sequence[str], as_of: date) -> Stock:
    """What is in hand and on order, summed over the products of each series.

    Less than nothing in hand is what customers still have to get: it counts against what is on order.
    """
    if not workspace.tables.has("stock"):
        return Stock(missing="there is no table 'stock'")
    if impossible := [key for key in keys if key not in OF_PRODUCTS + OF_STOCK]:
        return Stock(missing=f"the table 'stock' does not tell {', '.join(impossible)}")
    if not workspace.tables.has("products"):
        return Stock(missing="without a table 'products' nothing counts as sold")
    with query_engine.on_tables(workspace) as connection:
        found: pd.DataFrame = connection.execute(_query(workspace, keys), {"day": as_of}).df()
    return _by_series(found, len(keys), as_of)


def _query(workspace: Workspace, keys: Sequence[str]) -> str:
    columns = [f"{'p' if key in OF_PRODUCTS else 's'}.{key} AS k{number}" for number, key in enumerate(keys)]
    return (
        'WITH latest AS (SELECT product_id, store_id, region, on_hand, on_order, "date" FROM stock'
        ' WHERE "date" < $day QUALIFY row_number() OVER (PARTITION BY product_id, store_id, region'
        ' ORDER BY "date" DESC) = 1),'
        f" marked AS (SELECT *, NOT ({counted_products(workspace.settings)}) AS excluded FROM products)"
        f' SELECT s.product_id, {", ".join(columns)}, s.on_hand, coalesce(s.on_order, 0) AS on_order, s."date" AS day,'
        " p.product_id IS NOT NULL AS known, coalesce(p.excluded, false) AS excluded"
        " FROM latest s LEFT JOIN marked p ON p.product_id = s.product_id"
    )


def _by_series(found: pd.DataFrame, keys: int, as_of: date) -> Stock:
    if found.empty:
        return Stock(missing=f"the table 'stock' tells of no day before {as_of}")
    names = [f"k{number}" for number in range(keys)]
    excluded = found["excluded"].astype(bool)
    unknown = ~excluded & ~(found["known"].astype(bool) & found[names].notna().all(axis=1))
    rows = found[~excluded & ~unknown]
    ids = [join_keys([str(value) for value in row]) for row in rows[names].itertuples(index=False)]
    units = rows.assign(series_id=ids).groupby("series_id").agg(
        on_hand=("on_hand", "sum"), on_order=("on_order", "sum"), day=("day", "min")
    )  # fmt: skip
    return Stock(units, _products(found[unknown]), _products(found[excluded]), _products(rows[rows["on_hand"] < 0]))


def _products(rows: pd.DataFrame) -> int:
    return int(rows["product_id"].nunique())
