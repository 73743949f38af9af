"""The library implicit: matrix factors (Hu, Koren & Volinsky 2008) and BM25-weighted item-item neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from models.arrays import Float32Array, Int64Array
from models.recommendation.rankers import Mode
from pipelines.bench.recommendation.list_task import ListTask
from pipelines.bench.recommendation.scored_lists import Scores, standardised

_FACTORS, _REGULARISATION, _ALPHA, _SWEEPS = 64, 0.05, 5.0, 15
_NEIGHBOURS = 200
_HALF_LIFE_DAYS = 60.0
_FRESH_DAYS = 14.0


def als(task: ListTask) -> Mapping[Mode, Scores]:
    """Alternating least squares on decayed purchases."""
    scores = _factored(task)
    return {"all": scores, "new": scores}


def als_first_buyers(task: ListTask) -> Mapping[Mode, Scores]:
    """The factors' word and how many bought a product for the first time lately, in equal parts."""
    of_factors = _factored(task)
    lately = standardised(np.sqrt(task.sales(_FRESH_DAYS, first_buyers=True))[None, :])

    def scores(rows: Int64Array) -> Float32Array:
        return standardised(of_factors(rows)) + lately

    return {"all": scores, "new": scores}


def bm25(task: ListTask) -> Mapping[Mode, Scores]:
    """Item-item neighbours weighted by BM25."""
    from implicit.nearest_neighbours import BM25Recommender

    purchases = task.counts(_HALF_LIFE_DAYS)
    model = BM25Recommender(K=_NEIGHBOURS, num_threads=task.threads)
    model.fit(purchases, show_progress=False)
    table = sp.csr_matrix(model.similarity)

    def scores(rows: Int64Array) -> Float32Array:
        found: Float32Array = (purchases[rows] @ table).toarray().astype(np.float32)
        return found

    return {"all": scores, "new": scores}


def _factored(task: ListTask) -> Scores:
    from implicit.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    model: Any = AlternatingLeastSquares(
        factors=_FACTORS,
        regularization=_REGULARISATION,
        alpha=_ALPHA,
        iterations=_SWEEPS,
        num_threads=task.threads,
        random_state=task.seed,
    )
    with threadpool_limits(1, "blas"):  # as the library asks: its own threads are many already
        model.fit(task.counts(_HALF_LIFE_DAYS), show_progress=False)
    of_customers, of_products = np.asarray(model.user_factors), np.asarray(model.item_factors)

    def scores(rows: Int64Array) -> Float32Array:
        found: Float32Array = of_customers[rows] @ of_products.T
        return found

    return scores
