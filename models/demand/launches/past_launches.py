"""The launches a shop has behind it: when each product was first on sale, and what it sold on its first days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.arrays import BoolArray, Float64Array, Int64Array
from models.demand.launches.assortment import Assortment


@dataclass(frozen=True)
class PastLaunches:
    """L products that came when the shop had been open for a while.

    items: indexed by product_id: product, day (of the launch), category, department, brand, price
    course: (L, N), units sold on each of the N days from the launch on; nan for days that are not over
    """

    items: pd.DataFrame
    course: Float64Array

    @property
    def days(self) -> Int64Array:
        """The day of each launch, counted from the shop's first."""
        return self.items["day"].to_numpy(dtype=np.int64)

    def over(self, span: int, known: int) -> BoolArray:
        """Which were `span` days on sale before the day `known`."""
        return np.asarray(self.days + span <= known)

    def sold(self, span: int | None = None) -> Float64Array:
        """Units of the first `span` days (all N without it); nan where they are not over."""
        return np.asarray(self.course[:, :span].sum(axis=1))

    def select(self, rows: BoolArray | Int64Array) -> PastLaunches:
        """Some of them."""
        return PastLaunches(self.items[rows] if rows.dtype == bool else self.items.iloc[rows], self.course[rows])


def past_launches(assortment: Assortment, settle_days: int, span: int) -> PastLaunches:
    """Launches at least `settle_days` after the shop's first day, the earliest first.

    A product is launched on its `launched_on`, or on the day of its first sale where that is earlier or nothing tells;
    one that is known to be on sale and did not sell is a launch as well. What sold before the shop had settled may
    have been there for years.
    """
    listed = pd.to_datetime(assortment.products["launched_on"])
    told = (listed - pd.Timestamp(assortment.first_day)).dt.days.to_numpy(dtype=float)
    day = np.fmin(told, np.where(assortment.first_sold < assortment.days, assortment.first_sold, np.nan))
    old = (told < settle_days) | (assortment.first_sold < settle_days)
    rows = np.flatnonzero((day < assortment.days) & ~old)
    rows = rows[np.argsort(day[rows], kind="stable")]
    items = described(assortment.products).iloc[rows]
    prices = assortment.prices[rows]
    items = items.assign(product=rows, day=day[rows].astype(np.int64), price=prices)
    return PastLaunches(items, _course(assortment, items, span))


def described(products: pd.DataFrame) -> pd.DataFrame:
    """What products are compared by, but for their price."""
    return products[["category", "department", "brand"]]


def _course(assortment: Assortment, items: pd.DataFrame, span: int) -> Float64Array:
    row = np.full(len(assortment.products), -1)
    row[items["product"]] = np.arange(len(items))
    sales = assortment.sales[row[assortment.sales["product"].to_numpy()] >= 0]
    of = row[sales["product"].to_numpy()]
    launched = items["day"].to_numpy()
    since = sales["day"].to_numpy() - launched[of]
    inside = (since >= 0) & (since < span)
    course = np.zeros((len(items), span))
    np.add.at(course, (of[inside], since[inside]), sales["units"].to_numpy()[inside])
    course[launched[:, None] + np.arange(span) >= assortment.days] = np.nan
    return course
