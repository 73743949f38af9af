"""How good lists are: one row per customer, from which every statistic and its interval follows.

NDCG@10, recall@10 (hits / min(10, relevant)), MAP@10 and hit rate@10, over all products and over those the customer
never bought before; NDCG@10 of what was bought again, where only owned products are ranked; the share of what was
bought that is among the candidates at all; coverage of the catalogue, diversity (different categories in a list) and
novelty (mean surprisal of its products, -log2 of the share of customers who bought them: Vargas & Castells 2011).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
import scipy.sparse as sp

from models.arrays import Float64Array, Int64Array
from models.intervals import Mean, Resampled, Statistic
from models.recommendation.dataset import Dataset

K = 10
_DISCOUNT = 1 / np.log2(np.arange(2, K + 2))
_IDEAL = np.concatenate([[0.0], np.cumsum(_DISCOUNT)])
ITEMS, CATALOGUE = "items", "catalogue"
AGAIN = "ndcg@10_again"
CANDIDATES: Mapping[str, str] = MappingProxyType({"all": "candidate_recall", "new": "candidate_recall_new"})
_PER_CUSTOMER = ("ndcg@10", "recall@10", "map@10", "hit_rate@10")


def ranking(top: Int64Array, relevant: sp.csr_matrix) -> dict[str, Float64Array]:
    """NDCG, recall, MAP and hit rate of each customer's list; NaN for customers without a relevant product.

    Args:
        top: product codes by rank, -1 where a list has ended, shape (R, 10).
        relevant: ones, shape (R, I).
    """
    hits = _hits(top, relevant)
    wanted = np.diff(relevant.indptr)
    best = np.where(wanted > 0, np.minimum(wanted, K), np.nan)
    precision = np.cumsum(hits, axis=1) / np.arange(1, K + 1)
    found = hits.sum(axis=1)
    return {
        "ndcg@10": ndcg(hits, wanted),
        "recall@10": found / best,
        "map@10": (precision * hits).sum(axis=1) / best,
        "hit_rate@10": np.where(wanted > 0, found > 0, np.nan).astype(float),
    }


def ndcg(hits: Float64Array, wanted: Int64Array) -> Float64Array:
    """NDCG@10 of each list: its discounted hits over those of an ideal list; NaN where nothing is relevant.

    Args:
        hits: 1 where the product at a rank is relevant, shape (R, 10).
        wanted: how many products are relevant, shape (R,).
    """
    ideal = np.where(wanted > 0, _IDEAL[np.minimum(wanted, K)], np.nan)
    gained: Float64Array = (hits * _DISCOUNT).sum(axis=1) / ideal
    return gained


def as_matrix(lists: pd.DataFrame, dataset: Dataset) -> Int64Array:
    """The first 10 ranks of customers with a history as product codes, -1 where a list has ended, shape (R, 10)."""
    row = pd.Index(dataset.histories.customers).get_indexer(pd.Index(lists.customer_id))
    counts = (row >= 0) & (lists["rank"] <= K).to_numpy()
    row, lists = row[counts], lists[counts]
    top = np.full((len(dataset.histories), K), -1, dtype=np.int64)
    top[row, lists["rank"].to_numpy() - 1] = dataset.catalogue.codes(lists.product_id.to_numpy(object))
    return top


def beyond_accuracy(top: Int64Array, dataset: Dataset) -> dict[str, Float64Array]:
    """Diversity and novelty of each customer's list."""
    catalogue, there = dataset.catalogue, top >= 0
    size = np.maximum(there.sum(axis=1), 1)
    category = np.where(there, catalogue.groups["category"][top], -1)
    different = np.array([len(set(row[row >= 0])) for row in category])
    share = np.maximum(catalogue.numbers["buyers"], 1) / max(dataset.customers, 1)
    surprise = np.where(there, -np.log2(share)[top], 0.0)
    return {"diversity": different / size, "novelty": surprise.sum(axis=1) / size}


def intra_list_diversity(top: Int64Array, dataset: Dataset) -> Float64Array:
    """Share of the pairs of each list's products that are of different categories (Ziegler et al. 2005); 1 of one.

    Args:
        top: product codes by rank, -1 where a list has ended, shape (R, K).
    """
    category = np.where(top >= 0, dataset.catalogue.groups["category"][top], -1 - np.arange(top.shape[1]))
    same = (category[:, :, None] == category[:, None, :]).sum(axis=(1, 2)) - top.shape[1]
    length = (top >= 0).sum(axis=1)
    apart: Float64Array = 1 - same / np.maximum(length * (length - 1), 1)
    return apart


@dataclass(frozen=True)
class Coverage(Resampled):
    """Share of the catalogue that is in at least one customer's list."""

    def resampled(self, frame: pd.DataFrame, weights: Float64Array) -> Float64Array:
        """Its values for each row of weights, shape (B,)."""
        lists = frame[ITEMS].tolist()
        row = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
        items = np.concatenate([np.asarray(each, dtype=np.int64) for each in lists])
        shown, column = np.unique(items, return_inverse=True)
        table = sp.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(lists), len(shown)))
        reached = np.asarray((weights > 0).astype(float) @ table > 0).sum(axis=1)
        values: Float64Array = reached / float(frame[CATALOGUE].iloc[0])
        if len(values) == 1:
            return values
        # A resample has fewer different customers, so it covers less: take that bias out.
        centred: Float64Array = values - values.mean() + len(shown) / float(frame[CATALOGUE].iloc[0])
        return centred


STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        **{name: Mean(name) for name in _PER_CUSTOMER},
        **{f"{name}_new": Mean(f"{name}_new") for name in _PER_CUSTOMER},
        **{name: Mean(name) for name in (AGAIN, *CANDIDATES.values())},
        "coverage": Coverage(),
        "diversity": Mean("diversity"),
        "novelty": Mean("novelty"),
    }
)


def _hits(top: Int64Array, relevant: sp.csr_matrix) -> Float64Array:
    rows = np.repeat(np.arange(len(top)), top.shape[1])
    flat = top.ravel()
    there = flat >= 0
    hits = np.zeros(len(flat))
    if there.any():
        hits[there] = np.asarray(relevant[rows[there], flat[there]]).ravel()
    return hits.reshape(top.shape)
