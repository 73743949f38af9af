"""The forecasts of all products that are new as of a date, beside the outlook of the series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from core import query_engine
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from feature_repo.counted_products import counted_products
from models.arrays import Int64Array
from models.demand.forecast import Forecast
from models.demand.inventory.replenishment import Replenishment, replenishment
from models.demand.newcomers.launch_curves import NEW_DAYS, LaunchCurves, tells_products
from models.demand.newcomers.newcomer_forecast import ages_at, newcomers
from models.demand.series import PERIOD, join_keys

READS = (
    Read("products", ("product_id", "category", "department", "brand", "list_price", "launched_on", "available"),
        "demand of new products: which they are, and which products are alike"),
)  # fmt: skip
MOST = 5000
"""So many are forecast at once, the latest launches first."""


@dataclass(frozen=True)
class NewcomerOutlook:
    """The forecasts of new products by series id, how many products alike tell each, and levels of their stock."""

    forecast: Forecast
    alike: Int64Array
    replenishment: Replenishment

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Where each product stands."""
        return {name: row for row, name in enumerate(self.forecast.ids)}

    def row(self, keys: Sequence[str], series: Mapping[str, str]) -> int | None:
        """Where the product with these key values stands; None if it is not new."""
        return self.rows.get(join_keys([str(series[key]) for key in keys]))


@of_one_generation
def newcomer_outlook(workspace: Workspace, curves: LaunchCurves | None, forecast: Forecast) -> NewcomerOutlook | None:
    """Of the products that `forecast` lacks and that are launched lately, or to come; None where nothing tells."""
    keys, period = workspace.settings.demand.series, PERIOD[workspace.settings.demand.freq]
    if curves is None or not tells_products(keys) or not workspace.tables.has("products"):
        return None
    as_of = forecast.days[0]
    products = _products(workspace)
    ids = pd.Series([_id(row) for row in products[list(keys)].itertuples(index=False)], index=products.index)
    launch = _launches(products, curves, as_of)
    new = ids.notna() & launch.notna() & ~ids.isin(set(forecast.ids))
    launch = launch[new].sort_values(ascending=False, kind="stable").iloc[:MOST]
    wanted = products.loc[launch.index]
    ages = ages_at(launch.tolist(), as_of, period)
    found = newcomers(curves, wanted.set_index("product_id"), ages.tolist(), forecast.days, period)
    if not found:
        return None
    means, quantiles = np.stack([each.mean for each in found]), np.stack([each.quantiles for each in found])
    said = Forecast(tuple(ids[launch.index]), forecast.days, means, quantiles)
    # whether a product catches on shows on all days alike
    together = float(np.sqrt(len(forecast.days)))
    orders = replenishment(workspace, keys, said, together, as_of)
    return NewcomerOutlook(said, np.array([each.alike for each in found], dtype=np.int64), orders)


def _launches(products: pd.DataFrame, curves: LaunchCurves, as_of: date) -> pd.Series:
    """When each product was, or will be, launched; missing of those that are not new.

    The products tell, else the sales before the training; one that had not sold then, and can be had, is taken to be
    launched on the day.
    """
    first = curves.items["launch"].to_dict()
    days = []
    for product, listed, available in zip(
        products["product_id"], pd.to_datetime(products["launched_on"]), products["available"], strict=True
    ):
        told = None if pd.isna(listed) else listed.date()
        day = told or first.get(product)
        gone = available is not None and not pd.isna(available) and not available
        if day is None and product not in curves.sold and not gone:
            day = as_of
        is_new = day is not None and day > as_of - timedelta(days=NEW_DAYS) and not (gone and day <= as_of)
        days.append(day if is_new else None)
    return pd.Series(days, index=products.index, dtype=object)


def _id(values: Sequence[object]) -> str | None:
    return None if any(pd.isna(value) for value in values) else join_keys([str(value) for value in values])  # type: ignore[call-overload]


def _products(workspace: Workspace) -> pd.DataFrame:
    query = (
        "SELECT product_id, category, department, brand, list_price AS price, launched_on, available FROM products"
        f" WHERE {counted_products(workspace.settings)} ORDER BY product_id"
    )
    with query_engine.on_tables(workspace) as connection:
        found: pd.DataFrame = connection.execute(query).df()
    return found
