"""Item statistics in the codes of one catalogue, ready to be looked up: prepared once, then read by every request."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.sparse as sp

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.catalogue import Catalogue
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.product_words import ProductWords

_TIE = 0.01
"""What the best seller everywhere weighs beside one order in the region: it breaks ties, no more."""


@dataclass(frozen=True)
class BoundStatistics:
    """`cooccurrence` has shape (I, I), `regional` (regions, I): orders in the region; `regions` names its rows."""

    index: ItemItemIndex
    cooccurrence: sp.csr_matrix
    regional: sp.csr_matrix
    regions: Mapping[str, int]

    @classmethod
    def of(cls, statistics: ItemStatistics, catalogue: Catalogue) -> BoundStatistics:
        """Bind the statistics to a catalogue, which may be newer; products it does not have are left out."""
        index = ItemItemIndex.of(catalogue, statistics.neighbours)
        names, regional = _regional(statistics.regions, catalogue)
        return cls(index, statistics.cooccurrence.bind(catalogue), regional, names)

    @property
    def catalogue(self) -> Catalogue:
        """The products."""
        return self.index.catalogue

    @cached_property
    def words(self) -> ProductWords:
        """What the words of a search mean."""
        return ProductWords(self.catalogue)

    @cached_property
    def sales(self) -> Float32Array:
        """Recent sales of each product, the best seller's being 1, shape (I,)."""
        return _scaled(np.nan_to_num(self.catalogue.numbers["sales_weight"]))

    def popularity(self, region: str | None = None) -> Float32Array:
        """The same in a region, where anything was sold there; what it does not sell follows by sales everywhere."""
        row = self.regions.get(region) if region is not None else None
        if row is None:
            return self.sales
        return _scaled(self.regional[row].toarray().ravel() + np.float32(_TIE) * self.sales)

    def companions(self, basket: Int64Array) -> Float32Array:
        """How well each product goes with the basket: 1 for the one that does best, shape (I,)."""
        strength: Float32Array = np.asarray(self.cooccurrence[basket].sum(axis=0), dtype=np.float32).ravel()
        strength[basket] = 0
        return _scaled(strength)

    def mask(self, ids: Collection[str]) -> BoolArray:
        """Whether a product is one of these, shape (I,); ids that are not in the catalogue count for nothing."""
        found = np.zeros(len(self.catalogue), dtype=bool)
        if ids:
            codes = self.catalogue.codes(list(ids))
            found[codes[codes >= 0]] = True
        return found


def _regional(orders: pd.DataFrame, catalogue: Catalogue) -> tuple[dict[str, int], sp.csr_matrix]:
    row, names = pd.factorize(orders.region)
    product = catalogue.codes(orders.product_id.to_numpy(object))
    known = product >= 0
    table = (orders.orders.to_numpy(np.float32)[known], (row[known], product[known]))
    return {str(name): place for place, name in enumerate(names)}, sp.csr_matrix(table, (len(names), len(catalogue)))


def _scaled(values: Float32Array) -> Float32Array:
    """Over the largest, where that is positive."""
    highest = float(values.max(initial=0))
    scaled: Float32Array = values / np.float32(highest) if highest > 0 else values
    return scaled
