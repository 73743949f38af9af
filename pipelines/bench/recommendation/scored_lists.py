"""From a peer's scores to lists: the ten best products of each customer, of all and of those never bought."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from models.arrays import Float32Array, Int64Array
from models.recommendation import metrics
from models.recommendation.rankers import Mode
from pipelines.bench.recommendation.list_task import ListTask

Scores = Callable[[Int64Array], Float32Array]
"""The scores of all products for some customers, given by their codes: (rows, products)."""
BLOCK = 256


def best(task: ListTask, scores: Scores, mode: Mode, customers: Int64Array) -> Int64Array:
    """Product codes by rank, -1 where a list has ended, (all customers, 10); others than `customers` have none."""
    found = np.full((task.customers, metrics.K), -1, dtype=np.int64)
    for first in range(0, len(customers), BLOCK):
        rows = customers[first : first + BLOCK]
        block = np.array(scores(rows), dtype=np.float32)
        if mode == "new":
            block[task.owned[rows].nonzero()] = -np.inf
        found[rows] = _top(block)
    return found


def ndcg_of(task: ListTask, scores: Scores, came: sp.csr_matrix, customers: Int64Array) -> float:
    """Mean NDCG@10 in mode `all` against what came, ones (customers, products): to choose a peer's setting by."""
    ranked = metrics.ranking(best(task, scores, "all", customers), came)["ndcg@10"][customers]
    return float(np.nanmean(ranked))


def sample(task: ListTask, came: sp.csr_matrix, most: int) -> Int64Array:
    """At most so many customers who bought something in a window, drawn by chance, ascending."""
    there: Int64Array = np.flatnonzero(np.diff(came.indptr) > 0)
    if len(there) <= most:
        return there
    drawn: Int64Array = np.sort(np.random.default_rng(task.seed).choice(there, most, replace=False))
    return drawn


def standardised(scores: Float32Array) -> Float32Array:
    """Each customer's scores less their mean, over their deviation."""
    centred = scores - scores.mean(1, keepdims=True)
    found: Float32Array = (centred / np.maximum(centred.std(1, keepdims=True), 1e-9)).astype(np.float32)
    return found


def _top(block: Float32Array) -> Int64Array:
    """The ten highest finite scores of each row; of equal ones the smaller code."""
    k = min(metrics.K, block.shape[1])
    top = np.full((len(block), metrics.K), -1, dtype=np.int64)
    order = np.argsort(-block, axis=1, kind="stable")[:, :k]
    top[:, :k] = np.where(np.isfinite(np.take_along_axis(block, order, axis=1)), order, -1)
    return top
