"""User profiles of a block of customers: histories through the item-item weights and summed over groups of products.

Scores of targets are dense over the block, so blocks are small (`BLOCK` customers); one customer is a block of one.
Groups are looked up: a shop may have as many names as products, and a customer bought of few of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from models.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from models.recommendation.history import PurchaseHistories
from models.recommendation.item_item_index import ItemItemIndex, TargetGroups

BLOCK = 128


@dataclass(frozen=True)
class GroupProfiles:
    """Pairs of customer and group with a purchase, P of them: recent weight, purchases, days since the last; different
    products, and those of them first bought in the last 28 and 84 days.

    Each has shape (P + 1,): the last place is that of a pair without a purchase, 0 and infinitely many days. `key` is
    `row * groups + group` of the pairs, ascending, shape (P,).
    """

    groups: int
    key: Int64Array
    weight: Float32Array
    purchases: Float32Array
    last_days: Float32Array
    products: Float32Array
    first_28d: Float32Array
    first_84d: Float32Array

    def places(self, row: Int64Array, group: Int64Array) -> Int64Array:
        """Where the arrays have each pair of a customer and a group."""
        return _places(self.key, row * self.groups + group)

    def weight_of(self, customers: int, asked: TargetGroups) -> Float32Array:
        """The recent weight of all customers for the targets' groups, shape (customers, T)."""
        row, group = np.divmod(self.key, self.groups)
        place = _places(asked.group, group)
        inside = place < len(asked.group)
        table = np.zeros((customers, len(asked.group)), dtype=np.float32)
        table[row[inside], place[inside]] = self.weight[:-1][inside]
        found: Float32Array = table[:, asked.column]
        return found


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

    @property
    def discovery(self) -> Float32Array:
        """How much all that was ever bought speaks for each target, shape (R, T)."""
        return self._spoken_for[0]

    @property
    def recent(self) -> Float32Array:
        """The same, with purchases fading away, shape (R, T)."""
        return self._spoken_for[1]

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

    def speaker(self, target: int) -> int | None:
        """The product whose purchase speaks most for a target, by its column; None where none does; of a block of one.

        Of those that speak equally it is the first entry's.
        """
        order, spoken = self._spoken
        place = np.flatnonzero(spoken.indices == target)
        said = spoken.data[place]
        if not said.max(initial=0) > 0:
            return None
        row = np.searchsorted(spoken.indptr, place[said == said.max()], side="right") - 1
        return int(self.product[order[row].min()])

    @cached_property
    def _spoken(self) -> tuple[Int64Array, sp.csr_matrix]:
        """The entries whose product is in the catalogue by ascending product, and what each says of the targets."""
        order = np.argsort(self.product, kind="stable")
        return order, self.index.weights[self.product[order]]

    @cached_property
    def _spoken_for(self) -> tuple[Float32Array, Float32Array]:
        """`discovery` and `recent`, at once."""
        every, fading = np.ones(len(self.entry), dtype=np.float32), np.sqrt(self.of_entries("weight_60d"))
        if len(self.histories) == 1:
            return self._through_of_one(every, fading)
        return self._through(every), self._through(fading)

    def _through(self, weights: Float32Array) -> Float32Array:
        shape = (len(self.histories), len(self.index.catalogue))
        scores: Float32Array = (
            sp.csr_matrix((weights, (self.row, self.product)), shape=shape) @ self.index.weights
        ).toarray()
        return scores

    def _through_of_one(self, *weights: Float32Array) -> tuple[Float32Array, Float32Array]:
        """The same of a block of one, to the last digit (the sums go by ascending product): for a single row SciPy's
        product of two sparse matrices spends most of its time on finding out how large the result is."""
        order, spoken = self._spoken
        found = np.ascontiguousarray((spoken.T @ np.stack(weights, axis=1)[order]).T)
        return found[:1], found[1:]

    @cached_property
    def _amounts(self) -> dict[str, Float64Array]:
        """What is summed over groups, by entry."""
        first = self.of_entries("first_days")
        return {
            "weight": self.of_entries("weight_60d").astype(np.float64),
            "purchases": self.of_entries("purchases").astype(np.float64),
            "products": np.ones(len(first)),
            "first_28d": (first <= 28).astype(np.float64),
            "first_84d": (first <= 84).astype(np.float64),
        }

    def _summed(self, name: str) -> GroupProfiles:
        size = max(self.index.catalogue.group_sizes[name], 1)
        cell = self.row * size + self.index.catalogue.groups[name][self.product]
        order = np.argsort(cell, kind="stable")
        ordered = cell[order]
        begins = np.ones(len(cell), dtype=bool)
        np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
        starts = np.flatnonzero(begins)
        place = np.empty(len(cell), dtype=np.int64)
        place[order] = np.cumsum(begins) - 1
        last = np.full(len(starts) + 1, np.inf, dtype=np.float32)
        if len(starts):
            last[:-1] = np.minimum.reduceat(self.of_entries("last_days")[order], starts)
        sums = {
            each: np.bincount(place, weights=values, minlength=len(starts) + 1).astype(np.float32)
            for each, values in self._amounts.items()
        }
        return GroupProfiles(groups=size, key=ordered[starts], last_days=last, **sums)


def _places(key: Int64Array, asked: Int64Array) -> Int64Array:
    """The place of each value among ascending ones, their number where it is none of them."""
    place: Int64Array = np.searchsorted(key, asked)
    if len(key):
        place[key[np.minimum(place, len(key) - 1)] != asked] = len(key)
    return place
