"""Which product a line is about: a customer's taste, the season, prices and promotions as one draw.

A product's chance on a day, for customers of a taste, is proportional to taste(category) x season(category, day) x
weight(product, period) x lift(product, week). That is drawn in two steps, each a search in sorted sums: the category,
or the part of a category that only promotions add (weight x (lift - 1)); then the product in it.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from models.arrays import BoolArray, Float64Array, Int64Array
from pipelines.simulated_shop.product_range import PERIOD, ProductRange
from pipelines.simulated_shop.promotion_weeks import WEEK, PromotionWeeks

_BELOW_ONE = 1 - 1e-9
"""So that a number of a row of sums stays in its row when it is rounded."""


class ProductChoice:
    """Draws products.

    Args:
        products: what is sold.
        promotions: what is cheaper when.
        seasons: [days, categories].
        tastes: [tastes, categories].
    """

    def __init__(
        self, products: ProductRange, promotions: PromotionWeeks, seasons: Float64Array, tastes: Float64Array
    ) -> None:
        self._products, self._promotions = products, promotions
        self._tastes, self._categories = tastes.shape
        days = np.arange(len(seasons))
        extra = self._extra * (promotions.lift - 1)
        added = np.zeros((promotions.weeks, self._categories))
        np.add.at(added, (promotions.week, products.category[promotions.product]), extra)
        usual, more = self._masses[days // PERIOD], added[days // WEEK]
        both = np.concatenate([seasons * usual, seasons * more], axis=1)
        sums = np.cumsum(both[:, None, :] * np.tile(tastes, 2)[None, :, :], axis=2)
        sums /= sums[:, :, -1:]
        rows = np.arange(len(days) * self._tastes, dtype=float)[:, None]
        self._category_sums = (sums.reshape(len(rows), -1) + rows).ravel()
        self._pool_sums = self._pools(extra)

    @cached_property
    def _extra(self) -> Float64Array:
        """The usual weight of each promoted product in its week."""
        period = np.minimum(self._promotions.week * WEEK // PERIOD, self._products.periods - 1)
        return self._products.weight[period, self._promotions.product]

    @cached_property
    def _ends(self) -> Int64Array:
        """The last product of each category."""
        return np.searchsorted(self._products.category, np.arange(self._categories), side="right") - 1

    @cached_property
    def _masses(self) -> Float64Array:
        """The weight of each category in each period."""
        sums = np.cumsum(self._products.weight, axis=1)[:, self._ends]
        return np.diff(sums, axis=1, prepend=0.0)

    @cached_property
    def _product_sums(self) -> Float64Array:
        """Within each category of each period from the category's number to the next, all in a row."""
        sums = np.cumsum(self._products.weight, axis=1)
        starts = np.concatenate([np.zeros((len(sums), 1)), sums[:, self._ends[:-1]]], axis=1)
        category = self._products.category
        within = (sums - starts[:, category]) / self._masses[:, category]
        return np.asarray(within + np.arange(len(sums))[:, None] * self._categories + category).ravel()

    def _pools(self, extra: Float64Array) -> Float64Array:
        """The same of promoted products only, by week."""
        pool = self._promotions.week * self._categories + self._products.category[self._promotions.product]
        sums = np.cumsum(extra)
        first = np.flatnonzero(np.diff(pool, prepend=-1))
        before = np.where(first > 0, sums[first - 1], 0.0)
        total = sums[np.append(first[1:], len(pool)) - 1] - before if len(pool) else before
        size = np.diff(np.append(first, len(pool)))
        within = (sums - np.repeat(before, size)) / np.repeat(np.maximum(total, 1e-300), size)
        return np.asarray(np.minimum(within, 1.0) + pool)

    def draw(self, rng: np.random.Generator, day: Int64Array, taste: Int64Array) -> Int64Array:
        """A product for each (day, taste); fast where days rise."""
        width = 2 * self._categories
        row = day * self._tastes + taste
        key = row + rng.random(len(day)) * _BELOW_ONE
        part = np.searchsorted(self._category_sums, key, side="right") - row * width
        u = rng.random(len(day)) * _BELOW_ONE
        product = np.empty(len(day), dtype=np.int64)
        usual = part < self._categories
        period = day[usual] // PERIOD
        found = np.searchsorted(self._product_sums, period * self._categories + part[usual] + u[usual], side="right")
        product[usual] = found - period * self._products.count
        pool = day[~usual] // WEEK * self._categories + part[~usual] - self._categories
        promoted = np.searchsorted(self._pool_sums, pool + u[~usual], side="right")
        product[~usual] = self._promotions.product[np.minimum(promoted, len(self._pool_sums) - 1)]
        return product

    def sold(self, product: Int64Array, day: Int64Array) -> BoolArray:
        """Whether each product is on sale on each day."""
        return np.asarray(self._products.launched[product] <= day // PERIOD)
