"""Item-item neighbours: which products speak for which others, from who bought what.

EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data"): with X the customers x products matrix of
who ever bought what and P = (X'X + l I)^-1, the weight of product i for product j is B_ij = -P_ij / P_jj, B_jj = 0.
With fewer customers than products P comes from the smaller matrix K = (XX' + l I)^-1, as P = (I - X'KX) / l; both ways
give the same weights where all products are targets. Only the strongest weights are kept, and no customer is in them.

Neither matrix grows with the shop: that of customers is taken up to MOST_CUSTOMERS of them, beyond it that of TARGETS
products. A product that is no target speaks for none then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from models.arrays import Float32Array, Int64Array
from models.recommendation.catalogue import Catalogue
from models.recommendation.history import PurchaseHistories

REGULARISATION = 0.2
"""l, as a share of the number of customers."""
NEIGHBOURS = 60
TARGETS = 6000
"""At most so many products, those that sell most, are anybody's neighbour: the rest is too rare to be proposed."""
MOST_CUSTOMERS = 10_000
"""Of a matrix of customers by customers: 800 MB."""
_BLOCK = 1024


@dataclass(frozen=True)
class Neighbours:
    """A table of weights: `source` speaks for `target` with `weight`; ids, the strongest first within a source."""

    source: NDArray[np.object_]
    target: NDArray[np.object_]
    weight: Float32Array

    def bind(self, catalogue: Catalogue) -> sp.csr_matrix:
        """The weights in the codes of a catalogue, shape (I, I); products it does not have are left out."""
        rows, columns = catalogue.codes(self.source), catalogue.codes(self.target)
        known = (rows >= 0) & (columns >= 0)
        shape = (len(catalogue), len(catalogue))
        return sp.csr_matrix((self.weight[known], (rows[known], columns[known])), shape=shape)

    def save(self, path: Path) -> None:
        """As Parquet."""
        frame = pd.DataFrame({"source": self.source, "target": self.target, "weight": self.weight})
        frame.to_parquet(path, index=False)

    @classmethod
    def load(cls, path: Path) -> Neighbours:
        """What `save` wrote."""
        frame = pd.read_parquet(path, partitioning=None)
        return cls(frame.source.to_numpy(object), frame.target.to_numpy(object), frame.weight.to_numpy(np.float32))

    @classmethod
    def of(cls, weights: sp.csr_matrix, ids: Sequence[str] | NDArray[np.object_]) -> Neighbours:
        """From a matrix in codes, strongest first within each source."""
        table, names = weights.tocoo(), np.asarray(ids, dtype=object)
        order = np.lexsort((table.col, -table.data, table.row))
        return cls(names[table.row[order]], names[table.col[order]], table.data[order].astype(np.float32))


def fit(histories: PurchaseHistories, catalogue: Catalogue) -> Neighbours:
    """The neighbours of every product of the catalogue, from who ever bought what."""
    targets = np.sort(catalogue.popular[:TARGETS])
    weights = ease(bought(histories, len(catalogue)), targets, REGULARISATION * max(len(histories), 1))
    return Neighbours.of(weights, catalogue.ids)


def bought(histories: PurchaseHistories, products: int) -> sp.csr_matrix:
    """Who ever bought what: ones, shape (customers, products)."""
    known = histories.product >= 0
    rows, columns = histories.rows[known], histories.product[known]
    return sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(histories), products))


def ease(x: sp.csr_matrix, targets: Int64Array, regularisation: float, keep: int = NEIGHBOURS) -> sp.csr_matrix:
    """EASE's weights of all products for the targets, the `keep` largest positive ones per product.

    Args:
        x: customers x products.
        targets: codes of the products that may be neighbours, ascending.
        regularisation: l > 0.
        keep: how many weights of each product stay.
    """
    if x.shape[0] <= min(x.shape[1], MOST_CUSTOMERS):
        return _dual(x, targets, regularisation, keep)
    return _primal(x, targets, regularisation, keep)


def _dual(x: sp.csr_matrix, targets: Int64Array, regularisation: float, keep: int) -> sp.csr_matrix:
    gram = (x @ x.T).toarray()
    gram[np.diag_indices_from(gram)] += regularisation
    kernel = np.linalg.inv(gram)
    some = x[:, targets]
    # K X for the targets, and the diagonal of P there: (1 - x_j' K x_j) / l.
    projected = (some.T @ kernel).T.astype(np.float32)
    diagonal = 1.0 - np.asarray(some.multiply(projected).sum(axis=0)).ravel()
    projected /= np.maximum(diagonal, 1e-9).astype(np.float32)
    sources = x.T.tocsr().astype(np.float32)
    blocks = range(0, x.shape[1], _BLOCK)
    parts = [_strongest(sources[first : first + _BLOCK] @ projected, first, targets, keep) for first in blocks]
    return sp.vstack([_widened(part, targets, x.shape[1]) for part in parts], format="csr")


def _primal(x: sp.csr_matrix, targets: Int64Array, regularisation: float, keep: int) -> sp.csr_matrix:
    """Among the targets only: a matrix of all products would not fit."""
    some = x[:, targets]
    gram = (some.T @ some).toarray()
    gram[np.diag_indices_from(gram)] += regularisation
    weights = np.linalg.inv(gram)
    weights /= -np.diag(weights)[None, :]
    parts = []
    for first in range(0, len(targets), _BLOCK):
        block = weights[first : first + _BLOCK].astype(np.float32)
        block[np.arange(len(block)), first + np.arange(len(block))] = 0.0
        parts.append(_top(block, keep))
    table = sp.vstack(parts, format="coo")
    shape = (x.shape[1], x.shape[1])
    return sp.csr_matrix((table.data, (targets[table.row], targets[table.col])), shape=shape)


def _strongest(block: Float32Array, first: int, targets: Int64Array, keep: int) -> sp.csr_matrix:
    """The largest weights of the sources first.., without those of a product for itself."""
    place = np.searchsorted(targets, np.arange(first, first + len(block)))
    place = np.minimum(place, len(targets) - 1)
    itself = targets[place] == np.arange(first, first + len(block))
    block[np.flatnonzero(itself), place[itself]] = 0.0
    return _top(block, keep)


def _top(block: Float32Array, keep: int) -> sp.csr_matrix:
    keep = min(keep, block.shape[1])
    columns = np.argpartition(-block, keep - 1, axis=1)[:, :keep]
    values = np.take_along_axis(block, columns, axis=1)
    rows = np.repeat(np.arange(len(block)), keep)
    positive = values.ravel() > 0
    entries = (values.ravel()[positive], (rows[positive], columns.ravel()[positive]))
    return sp.csr_matrix(entries, shape=block.shape)


def _widened(part: sp.csr_matrix, targets: Int64Array, products: int) -> sp.csr_matrix:
    table = part.tocoo()
    return sp.csr_matrix((table.data, (table.row, targets[table.col])), shape=(part.shape[0], products))
