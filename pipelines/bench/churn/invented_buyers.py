"""Invented shops that make churn hard to tell: few customers, sales that fade, customers who are all alike.

Every customer comes at a day of their own, buys at a rate of their own from products of their own and, where anybody
leaves, leaves one day. The same seed gives the same shop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.arrays import Float64Array, Int64Array
from pipelines.bench.contests.bench_shop import SoldLines

_YEAR = 365.25
_CATEGORIES = 12
_OWN_PRODUCTS = 6
_FROM_OWN = 0.6


@dataclass(frozen=True)
class InventedBuyers:
    """How an invented shop's customers buy.

    Args:
        rate: orders a day of the usual customer.
        variety: shape of the gamma that customers' rates follow (the smaller, the more they differ); None: all alike.
        life: mean days until one leaves; None: nobody does.
        regularity: shapes of the gaps between orders, one drawn for each customer; 1 is a Poisson process.
        trend: by how much everybody's log rate changes over the whole span.
        season: amplitude of the rate over a year.
        arrive: within which first share of the days customers come.
    """

    seed: int
    customers: int
    days: int
    rate: float
    variety: float | None = None
    life: float | None = None
    regularity: tuple[float, ...] = (1.0,)
    trend: float = 0.0
    season: float = 0.0
    products: int = 300
    arrive: float = 0.7
    first_day: str = "2023-01-02"

    def sold(self) -> SoldLines:
        """All of its order lines, and its products with their categories."""
        rng = np.random.default_rng(self.seed)
        shelf = _Shelf.filled(rng, self.products)
        lines = [line for number in range(self.customers) for line in self._bought(rng, shelf, f"c{number:05d}")]
        orders = pd.DataFrame(lines, columns=["customer_id", "order_id", "product_id", "at", "quantity", "revenue"])
        seconds = pd.to_timedelta((orders.pop("at") * 86_400).round(), unit="s")
        orders.insert(3, "ordered_at", pd.Timestamp(self.first_day) + seconds)
        names = [_product(number) for number in range(self.products)]
        categories = [f"g{number % _CATEGORIES}" for number in range(self.products)]
        products = pd.DataFrame({"product_id": names, "category": categories})
        return SoldLines(orders.sort_values("ordered_at", kind="stable"), products)

    def _bought(self, rng: np.random.Generator, shelf: _Shelf, customer: str) -> list[tuple[object, ...]]:
        rate = self.rate if self.variety is None else rng.gamma(self.variety, self.rate / self.variety)
        shape = float(rng.choice(self.regularity))
        at = rng.uniform(0, self.days * self.arrive)
        ends = at + (rng.exponential(1 / max(rng.gamma(1.5, 1 / self.life / 1.5), 1e-6)) if self.life else math.inf)
        own = rng.choice(self.products, _OWN_PRODUCTS, replace=False, p=shelf.popularity)
        size, order = 1 + rng.gamma(2, 1.0), 0
        lines: list[tuple[object, ...]] = []
        while at < min(self.days, ends):
            for _ in range(1 + rng.poisson(size)):
                product, quantity = shelf.pick(rng, own), 1 + rng.poisson(0.3)
                paid = round(float(quantity * shelf.price[product]), 2)
                lines.append((customer, f"{customer}-{order}", _product(product), at, float(quantity), paid))
            order += 1
            at += rng.gamma(shape, 1 / (shape * max(rate * self._activity(at), 1e-5)))
        return lines

    def _activity(self, at: float) -> float:
        return math.exp(self.trend * at / self.days) * (1 + self.season * math.sin(2 * math.pi * at / _YEAR))


@dataclass(frozen=True)
class _Shelf:
    price: Float64Array
    popularity: Float64Array

    @classmethod
    def filled(cls, rng: np.random.Generator, products: int) -> _Shelf:
        popularity = 1 / np.arange(1, products + 1) ** 0.7
        price = np.round(np.exp(rng.normal(2.5, 0.8, products)), 2)
        return cls(price.astype(float), popularity / popularity.sum())

    def pick(self, rng: np.random.Generator, own: Int64Array) -> int:
        if rng.random() < _FROM_OWN:
            return int(rng.choice(own))
        return int(rng.choice(len(self.price), p=self.popularity))


def _product(number: int) -> str:
    return f"p{number:03d}"
