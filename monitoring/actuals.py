"""What happened in a window, read from the shop's tables: the truth that predictions are held against."""

from __future__ import annotations

from datetime import date
from typing import cast

import ibis
import pandas as pd

from core import query_engine
from core.workspace import Workspace
from feature_repo import sources


def buyers(workspace: Workspace, start: date, stop: date) -> set[str]:
    """Customers with any order line on a day of `[start, stop)`."""
    query = "SELECT DISTINCT customer_id FROM orders WHERE day >= $start AND day < $stop AND customer_id IS NOT NULL"
    with query_engine.on_tables(workspace) as connection:
        return {name for (name,) in connection.execute(query, {"start": start, "stop": stop}).fetchall()}


def spent(workspace: Workspace, start: date, stop: date) -> pd.Series[float]:
    """Revenue per customer on the days of `[start, stop)`, indexed by customer_id."""
    query = (
        "SELECT customer_id, sum(revenue) AS revenue FROM orders "
        "WHERE day >= $start AND day < $stop AND customer_id IS NOT NULL GROUP BY 1"
    )
    with query_engine.on_tables(workspace) as connection:
        found = connection.execute(query, {"start": start, "stop": stop}).df()
    return cast("pd.Series[float]", found.set_index("customer_id")["revenue"])


def purchases(workspace: Workspace, start: date, stop: date) -> pd.DataFrame:
    """(customer_id, product_id) pairs of lines that count, on the days of `[start, stop)`."""
    counted = _counted(workspace, start, stop)
    pairs = counted.filter(counted.customer_id.notnull()).select("customer_id", "product_id").distinct()
    return cast(pd.DataFrame, pairs.to_pandas())


def price_levels(workspace: Workspace, before: date) -> pd.Series[float]:
    """Each product's mean unit price before a date, over the median of its category: 1 is the category's middle.

    Indexed by product_id. Relative to the category, so that it tells dearer variants, not other needs.
    """
    counted = _counted(workspace, date.min, before)
    sold = counted.group_by(["product_id", "category"]).aggregate(
        price=counted.revenue.sum() / counted.quantity.sum().nullif(0)
    )
    frame = sold.to_pandas().dropna(subset=["price"])
    middle = frame.groupby(frame["category"].fillna(""))["price"].transform("median")
    level = (frame["price"] / middle.where(middle > 0)).fillna(1.0)
    return cast("pd.Series[float]", level.set_axis(frame["product_id"]).groupby(level=0).first())


def _counted(workspace: Workspace, start: date, stop: date) -> ibis.expr.types.Table:
    table = sources.tables(workspace, sources.connect(workspace)).table("counted")
    first, last = (ibis.literal(day, type="date") for day in (start, stop))
    return table.filter((table.day >= first) & (table.day < last))
