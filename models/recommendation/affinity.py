"""Affinity: what a customer's fading purchases say of the products that sell most, through all weights of one model.

EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data") with X[c, p] the root of customer c's decayed
purchases of product p. `item_item` keeps the strongest weights of many products, as features; here all weights stay,
those that speak against a product as well. A shop with few customers has too few first purchases for what is learned
from them to be better than this: there it is a part of the score that training may choose.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse as sp
from numpy.typing import NDArray

from models.arrays import Float32Array, Int64Array
from models.recommendation.catalogue import Catalogue
from models.recommendation.history import PurchaseHistories
from models.recommendation.profiles import UserProfiles

MOST_PRODUCTS: Final = 2500
"""At most so many, those that sell most: a square of as many weights is 25 MB."""
REGULARISATION: Final = 0.2
"""As a share of the customers, times the mean of what X holds."""
DECAYED: Final = "weight_60d"
FILE: Final = "affinity.parquet"


class Affinity:
    """`weights[i, j]` is what product i says of product j; both in the order of `products`, shape (S,) and (S, S).

    Safe to use from several threads: where the products are in the last catalogue is all that is kept.
    """

    def __init__(self, products: NDArray[np.object_], weights: Float32Array) -> None:
        self.products = products
        self.weights = weights
        self._placed: tuple[Catalogue, Int64Array] | None = None

    @classmethod
    def fit(cls, histories: PurchaseHistories, catalogue: Catalogue) -> Affinity:
        """Of the best sellers of a catalogue, from the purchases of a date."""
        kept = np.sort(catalogue.popular[:MOST_PRODUCTS])
        place = np.full(len(catalogue), -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        bought = _bought(histories.rows, histories.product, histories.entries[DECAYED], place)
        x = sp.csr_matrix(bought, shape=(len(histories), len(kept)))
        gram = (x.T @ x).toarray()
        level = float(x.data.mean()) if x.nnz else 1.0
        gram[np.diag_indices_from(gram)] += max(REGULARISATION * len(histories) * level, 1e-3)
        weights = np.linalg.inv(gram)
        weights /= -np.diag(weights)[None, :]
        np.fill_diagonal(weights, 0.0)
        return cls(catalogue.ids[kept], weights.astype(np.float32))

    def scores(self, profiles: UserProfiles, row: Int64Array, product: Int64Array) -> Float32Array:
        """What the customers' purchases say of pairs of customer and product (codes of the profiles), shape (n,).

        0 for a product that is none of these.
        """
        place = self._places(profiles.index.catalogue)
        bought = _bought(profiles.row, profiles.product, profiles.of_entries(DECAYED), place)
        said = sp.csr_matrix(bought, shape=(len(profiles.histories), len(self.products))) @ self.weights
        found: Float32Array = np.where(place[product] >= 0, said[row, place[product]], np.float32(0))
        return found

    def _places(self, catalogue: Catalogue) -> Int64Array:
        """Where the products of a catalogue are among these, -1 for others, shape (I,)."""
        placed = self._placed
        if placed is None or placed[0] is not catalogue:
            codes = catalogue.codes(self.products)
            known = np.flatnonzero(codes >= 0)
            place = np.full(len(catalogue), -1, dtype=np.int64)
            place[codes[known]] = known
            placed = self._placed = catalogue, place
        return placed[1]

    def save(self, directory: Path) -> None:
        """As Parquet, a row per product."""
        weights = pa.FixedSizeListArray.from_arrays(pa.array(self.weights.ravel()), max(len(self.products), 1))
        table = pa.table({"product_id": pa.array(self.products, pa.string()), "weights": weights})
        pq.write_table(table, directory / FILE, compression="zstd")

    @classmethod
    def load(cls, directory: Path) -> Affinity | None:
        """What `save` wrote; None where nothing was."""
        if not (directory / FILE).exists():
            return None
        table = pq.read_table(directory / FILE, partitioning=None).combine_chunks()
        products = np.array(table["product_id"].to_pylist(), dtype=object)
        flat = pa.concat_arrays(table["weights"].chunks).flatten().to_numpy(zero_copy_only=False)
        return cls(products, np.asarray(flat, np.float32).reshape(len(products), len(products)))


def _bought(
    row: Int64Array, product: Int64Array, decayed: Float32Array, place: Int64Array
) -> tuple[Float32Array, tuple[Int64Array, Int64Array]]:
    """The entries of X: those of products that have a place."""
    column = np.where(product >= 0, place[product], -1)
    there = column >= 0
    return np.sqrt(decayed[there]).astype(np.float32), (row[there], column[there])
