"""EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data") on decayed purchases, all weights kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.arrays import Float32Array, Int64Array
from models.recommendation.rankers import Mode
from pipelines.bench.recommendation.list_task import ListTask
from pipelines.bench.recommendation.scored_lists import Scores, ndcg_of, sample

_PRODUCTS = 5000
"""At most so many, those bought most: a matrix of more does not fit."""
_SHARES = (0.05, 0.2, 0.8)
"""Regularisation, as a share of the customers."""
_HALF_LIFE_DAYS = 60.0
_JUDGES = 1500


def ease(task: ListTask) -> Mapping[Mode, Scores]:
    """The customer's own decayed purchases, and what speaks for other products; regularised as was best before."""
    before, came = task.earlier()
    judges = sample(before, came, _JUDGES)
    values = [ndcg_of(before, _scorer(before, share), came, judges) for share in _SHARES]
    chosen = _scorer(task, _SHARES[int(np.nanargmax(values))])
    return {"all": chosen, "new": chosen}


def _scorer(task: ListTask, share: float) -> Scores:
    kept = np.sort(np.argsort(-task.sales(_HALF_LIFE_DAYS), kind="stable")[:_PRODUCTS])
    weighted = task.counts(_HALF_LIFE_DAYS)
    x = weighted.sqrt()[:, kept]
    gram = (x.T @ x).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += np.float32(max(share * task.customers * float(x.data.mean() or 1.0), 1e-3))
    weights = np.linalg.inv(gram)
    weights /= -np.diag(weights)[None, :]
    weights[np.diag_indices_from(weights)] = 0.0

    def scores(rows: Int64Array) -> Float32Array:
        found: Float32Array = weighted[rows].toarray().astype(np.float32)
        found[:, kept] += np.asarray(x[rows] @ weights, dtype=np.float32)
        return found

    return scores
