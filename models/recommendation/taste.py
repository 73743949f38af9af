"""What a block of customers likes: their histories through the item-item weights and summed over groups of products.

Everything is dense over the block, so blocks are small (`BLOCK` customers); one customer is a block of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from models.recommendation.assortment import Assortment
from models.recommendation.catalogue import Floats, Ints
from models.recommendation.history import Histories

BLOCK = 128


@dataclass(frozen=True)
class GroupTaste:
    """Per customer and group of products: recent weight, purchases, days since the last, each of shape (R, G)."""

    weight: Floats
    purchases: Floats
    last_days: Floats


class Taste:
    """Of the customers of `histories`, in the terms of `assortment`; computed when first asked for."""

    def __init__(self, histories: Histories, assortment: Assortment) -> None:
        self.histories = histories
        self.assortment = assortment
        known = histories.product >= 0
        self.entry: Ints = np.flatnonzero(known)
        self.row: Ints = histories.rows[known]
        self.product: Ints = histories.product[known]

    def of_entries(self, name: str) -> Floats:
        """A property of the entries whose product is in the catalogue."""
        return self.histories.entries[name][self.entry]

    @cached_property
    def owned(self) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Whether the customer ever bought the target, shape (R, T)."""
        place = self.assortment.column[self.product]
        owned = np.zeros((len(self.histories), len(self.assortment.targets)), dtype=bool)
        owned[self.row[place >= 0], place[place >= 0]] = True
        return owned

    @cached_property
    def discovery(self) -> Floats:
        """How much all that was ever bought speaks for each target, shape (R, T)."""
        return self._through(np.ones(len(self.entry), dtype=np.float32))

    @cached_property
    def recent(self) -> Floats:
        """The same, with purchases fading away, shape (R, T)."""
        return self._through(np.sqrt(self.of_entries("weight_60d")))

    def through_basket(self, products: Ints) -> Floats:
        """How much a basket speaks for each target, shape (T,)."""
        sums: Floats = np.asarray(self.assortment.weights[products].sum(axis=0), dtype=np.float32).ravel()
        return sums

    def group(self, name: str) -> GroupTaste:
        """The customers' purchases summed over the groups of that kind."""
        return self._groups[name]

    @cached_property
    def _groups(self) -> dict[str, GroupTaste]:
        return {name: self._summed(name) for name in self.assortment.catalogue.groups}

    def _through(self, weights: Floats) -> Floats:
        shape = (len(self.histories), len(self.assortment.catalogue))
        scores: Floats = (
            sp.csr_matrix((weights, (self.row, self.product)), shape=shape) @ self.assortment.weights
        ).toarray()
        return scores

    def _summed(self, name: str) -> GroupTaste:
        size = self.assortment.catalogue.group_sizes[name]
        shape = (len(self.histories), size)
        cell = self.row * size + self.assortment.catalogue.groups[name][self.product]
        cells = shape[0] * size
        last = np.full(cells, np.inf, dtype=np.float32)
        np.minimum.at(last, cell, self.of_entries("last_days"))
        weight, purchases = (
            np.bincount(cell, weights=self.of_entries(each), minlength=cells).astype(np.float32).reshape(shape)
            for each in ("weight_60d", "purchases")
        )
        return GroupTaste(weight, purchases, last.reshape(shape))


def tastes(histories: Histories, assortment: Assortment) -> Iterator[tuple[int, Taste]]:
    """All customers, block by block, each with the number of its first customer."""
    for first in range(0, len(histories), BLOCK):
        yield first, Taste(histories.block(first, first + BLOCK), assortment)
