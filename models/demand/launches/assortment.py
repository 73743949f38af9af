"""What a shop sold of each product on each day, and what is known of its products: read once, cut by days later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from core import query_engine
from core.errors import DataError
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from feature_repo import facts
from feature_repo.counted_products import counted_products
from models.arrays import Float64Array, Int64Array

INTEREST = ("view", "search", "cart")
"""The events by which customers show that they look for a product, the weakest sign first."""
_DESCRIBED = ("name", "category", "department", "brand", "list_price", "unit_cost", "launched_on", "available")
READS = (
    Read("products", ("product_id", "name", "category", "department", "brand", "list_price", "unit_cost", "launched_on",
        "available"), "product selection: what is known of products, and their price and cost"),
    Read("events", ("product_id", "kind"), "product selection: what customers look for"),
    Read("promotions", ("product_id", "starts_on", "ends_on", "known_from"), "product selection: planned promotions"),
)  # fmt: skip


@dataclass(frozen=True)
class Assortment:
    """Facts before `stop`; days are counted from the shop's first one.

    products: indexed by product_id (in its order, which `product` columns refer to), with the contract's columns
    sales: product, day, units, revenue: one row per product and day on which it sold, in the order of days
    interest: product, day and a count per kind of event, of products that were looked for before `stop`
    promotions: product, starts, ends (days), known (the day from which it is known; empty: a horizon before)
    """

    products: pd.DataFrame
    sales: pd.DataFrame
    interest: pd.DataFrame
    promotions: pd.DataFrame
    first_day: date
    stop: date

    @property
    def days(self) -> int:
        """How many days are known."""
        return (self.stop - self.first_day).days

    @cached_property
    def first_sold(self) -> Int64Array:
        """The day on which each product first sold; the number of days for those that have not."""
        first = np.full(len(self.products), self.days)
        np.minimum.at(first, self.sales["product"].to_numpy(), self.sales["day"].to_numpy())
        return first.astype(np.int64)

    @cached_property
    def first_price(self) -> Float64Array:
        """What a unit brought on the first day with a price; missing where nothing sold."""
        sold = self.sales[(self.sales["units"] > 0) & (self.sales["revenue"] > 0)]
        first = sold.drop_duplicates("product")
        prices = np.full(len(self.products), np.nan)
        prices[first["product"].to_numpy()] = first["revenue"].to_numpy() / first["units"].to_numpy()
        return prices

    @cached_property
    def prices(self) -> Float64Array:
        """The list price, else what a unit first brought."""
        listed = self.products["list_price"].to_numpy(dtype=float)
        return np.where(listed > 0, listed, self.first_price)

    def slice(self, start: int, stop: int) -> pd.DataFrame:
        """Sales of the days in [start, stop)."""
        low, high = np.searchsorted(self.sales["day"].to_numpy(), [start, stop])
        return self.sales.iloc[low:high]


@of_one_generation
def assortment(workspace: Workspace, stop: date) -> Assortment:
    """The assortment as of a date: only facts before it.

    Raises:
        DataError: nothing was sold before it.
    """
    first_day = workspace.tables.first_day()
    if stop <= first_day:
        raise DataError(f"nothing was sold before {stop}", why=f"the first order is of {first_day}")
    sold = facts.product_days(workspace, stop)
    products = _products(workspace, sold)
    place = pd.Series(np.arange(len(products)), index=products.index)

    def placed(frame: pd.DataFrame, *days: str) -> pd.DataFrame:
        frame = frame[frame["product_id"].isin(place.index)]
        kept = frame.assign(product=place[frame["product_id"]].to_numpy()).drop(columns="product_id")
        for day in days:
            kept[day] = (pd.to_datetime(kept[day]) - pd.Timestamp(first_day)).dt.days
        return kept

    sales = placed(sold, "day").sort_values(["day", "product"], ignore_index=True)
    interest, promotions = _beside(workspace, stop)
    return Assortment(
        products,
        sales,
        placed(interest, "day"),
        placed(promotions, "starts", "ends", "known"),
        first_day,
        stop,
    )


def _products(workspace: Workspace, sold: pd.DataFrame) -> pd.DataFrame:
    """Every product that counts; without the table, those that were sold."""
    if not workspace.tables.has("products"):
        empty = pd.DataFrame({"product_id": sorted(set(sold["product_id"]))}).set_index("product_id")
        return empty.assign(**dict.fromkeys(_DESCRIBED))
    query = (
        f"SELECT product_id, {', '.join(_DESCRIBED)} FROM products"
        f" WHERE {counted_products(workspace.settings)} ORDER BY product_id"
    )
    with query_engine.on_tables(workspace) as connection:
        found: pd.DataFrame = connection.execute(query).df()
    return found.set_index("product_id")


def _beside(workspace: Workspace, stop: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Interest in products, and their promotions as far as they were known before `stop`."""
    kinds = ", ".join(f"count(*) FILTER (kind = '{kind}') AS {kind}" for kind in INTEREST)
    interest = pd.DataFrame(columns=["product_id", "day", *INTEREST])
    promotions = pd.DataFrame(columns=["product_id", "starts", "ends", "known"])
    ahead = workspace.settings.demand.horizon_days
    with query_engine.on_tables(workspace) as connection:
        if workspace.tables.has("events"):
            interest = connection.execute(
                f'SELECT product_id, "day", {kinds} FROM events WHERE product_id IS NOT NULL AND "day" < $stop'
                f" AND kind IN {INTEREST} GROUP BY 1, 2 ORDER BY 1, 2",
                {"stop": stop},
            ).df()
        if workspace.tables.has("promotions"):
            promotions = connection.execute(
                "SELECT DISTINCT product_id, starts_on AS starts, ends_on AS ends,"
                " coalesce(known_from, starts_on - to_days($ahead)) AS known FROM promotions"
                " WHERE coalesce(known_from, starts_on - to_days($ahead)) < $stop ORDER BY ALL",
                {"stop": stop, "ahead": ahead},
            ).df()
    return interest, promotions
