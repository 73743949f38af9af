"""User profiles of a block of customers: histories through the item-item weights and summed over groups of products.

Everything is dense over the block, so blocks are small (`BLOCK` customers); one customer is a block of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.history import PurchaseHistories
from models.recommendation.item_item_index import ItemItemIndex

BLOCK = 128


@dataclass(frozen=True)
class GroupProfiles:
    """Per customer and group of products, each of shape (R, G): recent weight, purchases, days since the last;
    different products, and those of them first bought in the last 28 and 84 days."""

    weight: Float32Array
    purchases: Float32Array
    last_days: Float32Array
    products: Float32Array
    first_28d: Float32Array
    first_84d: Float32Array


@dataclass(frozen=True)
class HighestScores:
    """Per customer the highest score that any target has, each of shape (R,)."""

    discovery: Float32Array
    recent: Float32Array
    trending: Float32Array

    def block(self, first: int, end: int) -> HighestScores:
        """Those of the customers first..end-1."""
        return HighestScores(self.discovery[first:end], self.recent[first:end], self.trending[first:end])


class UserProfiles:
    """The customers of `histories`, in the codes of `index`; each part is computed when first asked for.

    An index that was cut down to a few targets can't tell the customers' `highest` scores among all: they are given.
    """

    def __init__(
        self, histories: PurchaseHistories, index: ItemItemIndex, highest: HighestScores | None = None
    ) -> None:
        self.histories = histories
        self.index = index
        self._highest = highest
        known = histories.product >= 0
        self.entry: Int64Array = np.flatnonzero(known)
        self.row: Int64Array = histories.rows[known]
        self.product: Int64Array = histories.product[known]

    @cached_property
    def sizes(self) -> Int64Array:
        """How many products each customer bought that are in the catalogue, shape (R,)."""
        return np.bincount(self.row, minlength=len(self.histories)).astype(np.int64)

    def entries_of(self, row: Int64Array, product: Int64Array) -> Int64Array:
        """The history entry of each pair of customer and product, -1 where it was never bought."""
        size = len(self.index.catalogue)
        key = self.row * size + self.product
        order = np.argsort(key)
        wanted = row * size + product
        place = np.searchsorted(key[order], wanted)
        found = np.full(len(wanted), -1, dtype=np.int64)
        bought = np.flatnonzero(place < len(key))
        bought = bought[key[order[place[bought]]] == wanted[bought]]
        found[bought] = self.entry[order[place[bought]]]
        return found

    def of_entries(self, name: str) -> Float32Array:
        """A property of the entries whose product is in the catalogue."""
        return self.histories.entries[name][self.entry]

    @cached_property
    def owned(self) -> BoolArray:
        """Whether the customer ever bought the target, shape (R, T)."""
        place = self.index.column[self.product]
        owned = np.zeros((len(self.histories), len(self.index.targets)), dtype=bool)
        owned[self.row[place >= 0], place[place >= 0]] = True
        return owned

    @cached_property
    def discovery(self) -> Float32Array:
        """How much all that was ever bought speaks for each target, shape (R, T)."""
        return self._through(np.ones(len(self.entry), dtype=np.float32))

    @cached_property
    def recent(self) -> Float32Array:
        """The same, with purchases fading away, shape (R, T)."""
        return self._through(np.sqrt(self.of_entries("weight_60d")))

    @cached_property
    def trending(self) -> Float32Array:
        """What is spoken for and now gains first-time buyers: their geometric mean, shape (R, T)."""
        rising = self.index.catalogue.numbers["first_buyers_weight"][self.index.targets]
        return np.sqrt(np.maximum(self.discovery, 0) * rising)

    @property
    def highest(self) -> HighestScores:
        """The highest scores of each customer among all targets."""
        if self._highest is None:
            tables = (self.discovery, self.recent, self.trending)
            self._highest = HighestScores(*(table.max(axis=1, initial=0) for table in tables))
        return self._highest

    def group(self, name: str) -> GroupProfiles:
        """The customers' purchases summed over the groups of that kind."""
        return self._groups[name]

    @cached_property
    def _groups(self) -> dict[str, GroupProfiles]:
        return {name: self._summed(name) for name in self.index.catalogue.groups}

    def _through(self, weights: Float32Array) -> Float32Array:
        shape = (len(self.histories), len(self.index.catalogue))
        scores: Float32Array = (
            sp.csr_matrix((weights, (self.row, self.product)), shape=shape) @ self.index.weights
        ).toarray()
        return scores

    def _summed(self, name: str) -> GroupProfiles:
        size = self.index.catalogue.group_sizes[name]
        shape = (len(self.histories), size)
        cell = self.row * size + self.index.catalogue.groups[name][self.product]
        cells = shape[0] * size
        last = np.full(cells, np.inf, dtype=np.float32)
        np.minimum.at(last, cell, self.of_entries("last_days"))
        first = self.of_entries("first_days")

        def summed(values: NDArray[np.generic]) -> Float32Array:
            return np.bincount(cell, weights=values, minlength=cells).astype(np.float32).reshape(shape)

        return GroupProfiles(
            weight=summed(self.of_entries("weight_60d")),
            purchases=summed(self.of_entries("purchases")),
            last_days=last.reshape(shape),
            products=summed(np.ones(len(cell), dtype=np.float32)),
            first_28d=summed(first <= 28),
            first_84d=summed(first <= 84),
        )
