"""What a shop knows of the market for a product on the morning it is to be launched: demand, rivals, interest."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from models.arrays import Float64Array
from models.demand.launches.assortment import INTEREST, Assortment

SPAN = 84
"""Days looked back on; the last third of them is what is new."""
RECENT = 28
BAND = np.log(1.2)
"""Prices up to a fifth apart are close."""
COLUMNS: Final = (
    "price", "relative_price", "category_units", "category_growth", "department_growth", "rivals", "units_per_rival",
    "new_rivals", "close_rivals", "close_share", "brand_share", "brand_units", *(f"{kind}s" for kind in INTEREST),
    "promoted",
)  # fmt: skip
"""What is known of a launch: a column each, as logarithms where it counts something; nan where it is not known."""


class Market:
    """The products on sale before a day, and what each sold in the last `SPAN` days."""

    def __init__(self, assortment: Assortment, day: int) -> None:
        self.day, self._all = day, assortment
        span = assortment.slice(day - SPAN, day)
        recent = assortment.slice(day - RECENT, day)
        count = len(assortment.products)
        self.span_days = max(min(SPAN, day), 1)
        units = np.bincount(span["product"], span["units"], count)
        there = np.flatnonzero(units > 0)
        self.products = assortment.products[["category", "department", "brand"]].iloc[there].assign(
            units=units[there],
            recent=np.bincount(recent["product"], recent["units"], count)[there],
            price=np.log(assortment.prices[there]),
            new=(assortment.first_sold[there] >= max(day - SPAN, 0)).astype(float),
        )  # fmt: skip

    def of(self, items: pd.DataFrame) -> pd.DataFrame:
        """`COLUMNS` of products that are to be launched (indexed by product_id, with category, department, brand,
        price, and product: its place in the assortment, or -1)."""
        own = np.log(items["price"].where(items["price"] > 0).to_numpy(dtype=float))
        category, brand, department = (self._sums(key) for key in ("category", "brand", "department"))
        close, close_units, brand_units = self._close(items, own)
        in_category = category.reindex(items["category"])
        units = in_category["recent"].to_numpy()
        known = {
            "price": own,
            "relative_price": own - in_category["price"].to_numpy(),
            "category_units": np.log1p(units),
            "category_growth": self._growth(in_category),
            "department_growth": self._growth(department.reindex(items["department"])),
            "rivals": np.log1p(in_category["products"].to_numpy()),
            "units_per_rival": np.log1p(units / in_category["products"].to_numpy()),
            "new_rivals": in_category["new"].to_numpy() / in_category["products"].to_numpy(),
            "close_rivals": np.log1p(close),
            "close_share": close_units / np.maximum(units, 1.0),
            "brand_share": brand_units / np.maximum(units, 1.0),
            "brand_units": np.log1p(brand["recent"].reindex(items["brand"]).to_numpy()),
        }
        return pd.DataFrame(known | self._looked_for(items) | {"promoted": self._promoted(items)}, index=items.index)

    def growth(self, products: pd.DataFrame) -> Float64Array:
        """How much more than usual some of the products on sale sold lately, as a logarithm."""
        return self._growth(products)

    def _sums(self, key: str) -> pd.DataFrame:
        priced = self.products["price"].notna()
        weighed = self.products.assign(
            weight=self.products["recent"].where(priced, 0) + 1e-9,
            products=1.0,
        )
        weighed["price"] = weighed["price"].fillna(0) * weighed["weight"]
        sums = weighed.groupby(key)[["units", "recent", "new", "products", "price", "weight"]].sum()
        return sums.assign(price=sums["price"] / sums["weight"])

    def _growth(self, sums: pd.DataFrame) -> Float64Array:
        before = max(self.span_days - RECENT, 1)
        usual = (sums["units"] - sums["recent"]).to_numpy() * RECENT / before
        return np.asarray(np.log((sums["recent"].to_numpy() + 5) / (usual + 5)))

    def _close(self, items: pd.DataFrame, own: Float64Array) -> tuple[Float64Array, Float64Array, Float64Array]:
        """Of each item: products of its category with a close price, their units, and units of its brand there."""
        close, units, brand = np.zeros(len(items)), np.zeros(len(items)), np.zeros(len(items))
        groups = self.products.groupby("category").indices
        categories = items.groupby("category").indices
        prices, sold = self.products["price"].to_numpy(), self.products["recent"].to_numpy()
        brands, of_item = self.products["brand"].to_numpy(dtype=object), items["brand"].to_numpy(dtype=object)
        for name, rows in categories.items():
            there = groups.get(name)
            if there is None:
                continue
            near = np.abs(prices[there][None, :] - own[rows][:, None]) <= BAND
            same = (brands[there][None, :] == of_item[rows][:, None]) & pd.notna(of_item[rows])[:, None]
            close[rows], units[rows], brand[rows] = near.sum(1), near @ sold[there], same @ sold[there]
        close[np.isnan(own)], units[np.isnan(own)] = np.nan, np.nan
        brand[pd.isna(of_item)] = np.nan
        return close, units, brand

    def _looked_for(self, items: pd.DataFrame) -> dict[str, Float64Array]:
        """Events of each product itself; not known where the shop has none at all."""
        found = self._all.interest
        found = found[(found["day"] >= self.day - RECENT) & (found["day"] < self.day)]
        if self._all.interest.empty:
            return {f"{kind}s": np.full(len(items), np.nan) for kind in INTEREST}
        sums = found.groupby("product")[list(INTEREST)].sum().reindex(items["product"]).fillna(0)
        return {f"{kind}s": np.log1p(sums[kind].to_numpy(dtype=float)) for kind in INTEREST}

    def _promoted(self, items: pd.DataFrame) -> Float64Array:
        """Whether a promotion in the first weeks is known already; not known where the shop tells of none."""
        spans = self._all.promotions
        if spans.empty:
            return np.full(len(items), np.nan)
        coming = (spans["known"] <= self.day) & (spans["starts"] < self.day + RECENT) & (spans["ends"] >= self.day)
        return np.isin(items["product"].to_numpy(), spans["product"][coming].unique()).astype(float)
