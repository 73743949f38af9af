"""Bought together: which products share baskets more often than their sales would have them."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from models.recommendation.catalogue import Catalogue
from models.recommendation.item_item import Neighbours

KEEP = 20
LEAST_BASKETS = 3
SHRINKAGE = 10.0
"""Added to each product's baskets: a few coincidences of rare products are no rule."""
_BLOCK = 2048


def fit(baskets: sp.csr_matrix, catalogue: Catalogue) -> Neighbours:
    """Shared baskets over the geometric mean of both products' baskets (cosine, shrunk): 0..1."""
    size = np.sqrt(np.asarray(baskets.sum(axis=0)).ravel() + SHRINKAGE)
    columns = baskets.tocsc()
    parts = [_strongest(columns, first, size) for first in range(0, baskets.shape[1], _BLOCK)]
    if not parts:
        return Neighbours.of(sp.csr_matrix((0, 0)), catalogue.ids)
    return Neighbours.of(sp.vstack(parts, format="csr"), catalogue.ids)


def _strongest(columns: sp.csc_matrix, first: int, size: np.ndarray[tuple[int], np.dtype[np.float64]]) -> sp.csr_matrix:
    shared = (columns[:, first : first + _BLOCK].T @ columns).tocoo()
    keep = (shared.data >= LEAST_BASKETS) & (shared.row + first != shared.col)
    row, col = shared.row[keep], shared.col[keep]
    weight = shared.data[keep] / (size[row + first] * size[col])
    order = np.lexsort((col, -weight, row))
    row, col, weight = row[order], col[order], weight[order]
    top = np.arange(len(row)) - np.searchsorted(row, row) < KEEP
    return sp.csr_matrix((weight[top], (row[top], col[top])), shape=shared.shape)
