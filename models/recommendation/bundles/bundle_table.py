"""The bundles of a version: found at the training, saved with it, looked up by product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.arrays import Int64Array
from models.recommendation.bundles import bundle_search, scenes
from models.recommendation.catalogue import Catalogue
from models.recommendation.order_baskets import OrderBaskets

KEEP: Final = 20
"""Pairs, and triples, of each product: more than a list shows, as some may not be shown."""
MEMBERS: Final = ("first", "second", "third")


@dataclass(frozen=True)
class BundleTable:
    """`rows`, the best lower bound of the lift first: `MEMBERS` (product ids; `third` null of a pair), baskets,
    customers, support, lift, lift_low, lift_high, lift_by_chance, of_one_kind, scene."""

    rows: pd.DataFrame

    @classmethod
    def fit(cls, baskets: OrderBaskets, catalogue: Catalogue) -> BundleTable:
        """Of these baskets, whose number `support` is a share of."""
        found = bundle_search.find(baskets, KEEP)
        names = np.array([*catalogue.ids, None], dtype=object)  # the last one, -1, is no third
        members = dict(zip(MEMBERS, names[found.products.T], strict=True))
        figures = {
            "baskets": found.lifts.baskets,
            "customers": found.lifts.customers,
            "support": found.lifts.baskets / max(baskets.products.shape[0], 1),
            "lift": found.lifts.lift,
            "lift_low": found.low,
            "lift_high": found.high,
            "lift_by_chance": found.lifts.by_chance,
            "of_one_kind": scenes.of_one_kind(found.products, catalogue),
            "scene": scenes.scenes(found, baskets, catalogue),
        }
        return cls(pd.DataFrame({**members, **figures}))

    def save(self, path: Path) -> None:
        """As Parquet."""
        self.rows.to_parquet(path, index=False)

    @classmethod
    def load(cls, path: Path) -> BundleTable:
        """What `save` wrote."""
        return cls(pd.read_parquet(path, partitioning=None))

    def with_product(self, product_id: str) -> Int64Array:
        """The rows that have the product, in their order."""
        code = self._products.get_indexer(pd.Index([product_id], dtype=object))[0]
        if code < 0:
            return np.zeros(0, dtype=np.int64)
        return self._sorted_rows[self._starts[code] : self._starts[code + 1]]

    def members(self, row: int) -> tuple[str, ...]:
        """The ids of a row's products."""
        return tuple(str(each) for each in self._members[row] if isinstance(each, str))

    @cached_property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """The columns as arrays."""
        return {str(name): self.rows[name].to_numpy() for name in self.rows}

    @cached_property
    def _members(self) -> NDArray[np.object_]:
        return self.rows[list(MEMBERS)].to_numpy(dtype=object)

    @cached_property
    def _lookup(self) -> tuple[pd.Index[str], Int64Array, Int64Array]:
        """The products, and where the rows of each are: made once, by whoever asks first."""
        codes, products = pd.factorize(self._members.ravel())
        rows = np.repeat(np.arange(len(self.rows)), len(MEMBERS))[codes >= 0]
        codes = codes[codes >= 0]
        order = np.lexsort((rows, codes))
        starts = np.searchsorted(codes[order], np.arange(len(products) + 1))
        return pd.Index(products), rows[order].astype(np.int64), starts.astype(np.int64)

    @property
    def _products(self) -> pd.Index[str]:
        return self._lookup[0]

    @property
    def _sorted_rows(self) -> Int64Array:
        return self._lookup[1]

    @property
    def _starts(self) -> Int64Array:
        return self._lookup[2]
