"""Products alike: for a product that is not known yet, those that are, the most like it first.

A product is like another of its category first, of its department where the category has few, of the shop where the
department has few; among those, more like one of its brand and of about its price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.arrays import Float64Array, Int64Array

Level = Literal["category", "department", "shop"]
ATTRIBUTES: Final = ("category", "department", "brand", "price")
MOST = 40
"""So many products alike tell what a product will be like."""
LEAST = 5
"""With fewer in its category, a product is compared with its department; with fewer there, with the shop."""
_SAME_CATEGORY, _SAME_BRAND = 4.0, 2.0
"""How much more a product counts that shares the category, the brand."""
_PRICE_SPREAD = 0.5
"""A price so far off, as a logarithm (1.65 times as high), counts for 0.6 of one that is the same."""
_PRICE_UNKNOWN = 0.6


@dataclass(frozen=True)
class Alike:
    """The known products that are like one: their rows, the most alike first, and what each counts (sum 1)."""

    rows: Int64Array
    weights: Float64Array
    level: Level

    def mean(self, values: Float64Array) -> float:
        """The weighted mean of what is told of all known products; nan where nothing is alike."""
        return float(values[self.rows] @ self.weights) if len(self.rows) else float("nan")

    def quantile(self, values: Float64Array, level: float) -> float:
        """The smallest value that so large a share of the weights does not exceed; nan where nothing is alike."""
        if not len(self.rows):
            return float("nan")
        found = values[self.rows]
        order = np.argsort(found, kind="stable")
        below = np.cumsum(self.weights[order])
        return float(found[order][min(int(np.searchsorted(below, level - 1e-9)), len(order) - 1)])


def products_alike(wanted: pd.DataFrame, known: pd.DataFrame, most: int = MOST, least: int = LEAST) -> list[Alike]:
    """For each wanted product those of the known ones that are like it; itself never.

    Args:
        wanted: indexed by product_id, with `ATTRIBUTES`; an attribute may be missing. Prices count to a hundredth.
        known: the same.
        most: how many are named at most.
        least: how many there must be on a level.
    """
    pools = _Pools(known, most, least)
    texts = [_texts(wanted[name]) for name in ("category", "department", "brand")]
    prices = np.round(_logarithms(wanted["price"]), 2)
    return [pools.of(name, *row) for name, *row in zip(wanted.index, *texts, prices.tolist(), strict=True)]


class _Pools:
    """The known products, by category and by department; products of the same attributes are looked for once."""

    def __init__(self, known: pd.DataFrame, most: int, least: int) -> None:
        self.most, self.least = most, least
        self.places = {name: place for place, name in enumerate(known.index)}
        self.category, self.department, self.brand = (
            _texts(known[name]) for name in ("category", "department", "brand")
        )
        self.price = _logarithms(known["price"])
        self.all = np.arange(len(known), dtype=np.int64)
        self.levels: tuple[tuple[Level, dict[object, Int64Array]], ...] = tuple(
            (level, {name: np.asarray(rows, dtype=np.int64) for name, rows in known.groupby(level).indices.items()})
            for level in ("category", "department")
        )
        self.found: dict[tuple[object, ...], tuple[Int64Array, Float64Array, Level]] = {}

    def of(self, name: object, category: object, department: object, brand: object, price: float) -> Alike:
        own = self.places.get(name)
        key = (category, department, brand, None if np.isnan(price) else price, own is not None)
        if key not in self.found:
            self.found[key] = self._likest(category, department, brand, price, known=own is not None)
        rows, likeness, level = self.found[key]
        others = (rows != own if own is not None else np.full(len(rows), True)).nonzero()[0][: self.most]
        rows, likeness = rows[others], likeness[others]
        return Alike(rows, likeness / likeness.sum() if len(rows) else likeness, level)

    def _likest(
        self, category: object, department: object, brand: object, price: float, *, known: bool
    ) -> tuple[Int64Array, Float64Array, Level]:
        """One more than is asked for, as the product itself may be among them."""
        rows, level = self._pool(category, department, self.least + known)
        likeness = np.ones(len(rows))
        if category is not None and level != "category":
            likeness *= np.where(self.category[rows] == category, _SAME_CATEGORY, 1.0)
        if brand is not None:
            likeness *= np.where(self.brand[rows] == brand, _SAME_BRAND, 1.0)
        near = np.exp(-np.abs(self.price[rows] - price) / (2 * _PRICE_SPREAD))
        likeness *= np.where(np.isnan(near), _PRICE_UNKNOWN, near)
        best = np.argsort(-likeness, kind="stable")[: self.most + 1]
        return rows[best], likeness[best], level

    def _pool(self, category: object, department: object, least: int) -> tuple[Int64Array, Level]:
        for key, (level, pools) in zip((category, department), self.levels, strict=True):
            rows = pools.get(key)
            if rows is not None and len(rows) >= least:
                return rows, level
        return self.all, "shop"


def _texts(column: pd.Series) -> NDArray[np.object_]:
    """Texts, None where one is missing."""
    values = np.array(column, dtype=object)
    values[column.isna().to_numpy()] = None
    return values


def _logarithms(prices: pd.Series) -> Float64Array:
    """Of prices above 0; nan for the others."""
    values = pd.to_numeric(prices, errors="coerce").to_numpy(dtype=float)
    return np.log(np.where(values > 0, values, np.nan))
