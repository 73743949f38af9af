"""TIFU-KNN (Hu, He, Gao & Zhang 2020, "Modeling personalized item frequency information for next-basket
recommendation"): a customer's own decayed baskets, mixed with the mean of those whose baskets are alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy.sparse as sp

from models.arrays import Float32Array, Int64Array
from models.recommendation.rankers import Mode
from pipelines.bench.recommendation.list_task import ListTask
from pipelines.bench.recommendation.scored_lists import Scores, ndcg_of, sample

_GROUP_BASKETS = 7
_WITHIN, _BETWEEN = 0.9, 0.7
"""Decay of a basket within its group, and of a group: the paper's for Ta-Feng."""
_NEIGHBOURS = 300
_OWN_SHARES = (0.3, 0.5, 0.7, 0.9)
_JUDGES = 1500


def tifu_knn(task: ListTask) -> Mapping[Mode, Scores]:
    """Own and neighbours' vectors; the own share is the best of a few on the window before."""
    before, came = task.earlier()
    judges = sample(before, came, _JUDGES)
    vectors = _vectors(before)
    values = [ndcg_of(before, _scorer(vectors, share), came, judges) for share in _OWN_SHARES]
    chosen = _scorer(_vectors(task), _OWN_SHARES[int(np.nanargmax(values))])
    return {"all": chosen, "new": chosen}


def _vectors(task: ListTask) -> sp.csr_matrix:
    """Each customer's baskets, the newest counting most, (customers, products)."""
    baskets = pd.DataFrame({"customer": task.customer, "order": task.order, "back": task.back})
    each = baskets.drop_duplicates(["customer", "order"]).sort_values(["customer", "back", "order"])
    place = each.groupby("customer").cumcount().to_numpy()  # 0 = the newest
    size = each.groupby("customer")["order"].transform("size").to_numpy()
    groups = -(-size // _GROUP_BASKETS)
    weight = _WITHIN ** (place % _GROUP_BASKETS) / _GROUP_BASKETS * _BETWEEN ** (place // _GROUP_BASKETS) / groups
    weights = baskets.merge(each.assign(weight=weight)[["customer", "order", "weight"]], on=["customer", "order"])
    return task.table(weights["weight"].to_numpy())


def _scorer(vectors: sp.csr_matrix, own_share: float) -> Scores:
    lengths = np.asarray(vectors.multiply(vectors).sum(1)).ravel()

    def scores(rows: Int64Array) -> Float32Array:
        own = vectors[rows]
        distance = lengths[rows][:, None] - 2 * (own @ vectors.T).toarray() + lengths[None, :]
        distance[np.arange(len(rows)), rows] = np.inf
        near = min(_NEIGHBOURS, vectors.shape[0] - 1)
        found = np.argpartition(distance, near - 1, axis=1)[:, :near] if near else np.zeros((len(rows), 0), dtype=int)
        place = np.repeat(np.arange(len(rows)), near)
        mean = sp.csr_matrix((np.full(found.size, 1 / max(near, 1)), (place, found.ravel())), (len(rows), len(lengths)))
        mixed: Float32Array = (own_share * own + (1 - own_share) * (mean @ vectors)).toarray().astype(np.float32)
        return mixed

    return scores
