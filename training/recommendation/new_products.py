"""Whether new products get a fair start: how many of them are shown, and how well their buyers are foretold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from core.workspace import Workspace
from feature_repo import facts
from models.arrays import BoolArray, Int64Array
from models.recommendation import metrics
from models.recommendation.product_newness import NEW, OLDER, newness, of_products
from models.recommendation.rankers import MODES, Mode
from training.outcome import CardTable
from training.recommendation.by_experience import GroupNdcg, beside
from training.recommendation.examples import TrainingOrigin

Lists = Mapping[Mode, Int64Array]


@dataclass(frozen=True)
class NewProducts:
    """Products of one newness, sold before the date: `known` of them can be recommended, `bought` is their share of
    what known customers bought in the window (with those never sold before, which have few sales). Of the lists of a
    mode: the share of the products in at least one, of the places, and how many places were right, each as (model,
    what sells best)."""

    group: str
    products: int
    known: int
    bought: float
    mode: Mode
    shown: tuple[float, float]
    places: tuple[float, float]
    hits: tuple[int, int]

    def row(self) -> tuple[str, ...]:
        """For the card."""
        counts = (f"{self.products:,}", f"{self.known:,}", f"{self.bought:.1%}")
        shares = [f"{one:.2%} ({two:.2%})" for one, two in (self.shown, self.places)]
        return (self.group, *counts, self.mode, *shares, f"{self.hits[0]:,} ({self.hits[1]:,})")


@dataclass(frozen=True)
class FairStart:
    """The exposure of products by newness, and the NDCG@10 of what was bought of new ones."""

    exposure: tuple[NewProducts, ...]
    ndcg: tuple[GroupNdcg, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"exposure": [vars(each) for each in self.exposure], "ndcg": [each.as_dict() for each in self.ndcg]}


def fair_start(at: TrainingOrigin, bought: pd.DataFrame, ours: Lists, popularity: Lists) -> FairStart:
    """Of lists of every customer with a history: product codes by rank, shape (R, 10) each.

    `bought` are the pairs (customer_id, product_id) of the window.
    """
    workspace, dataset, relevant = at.workspace, at.dataset, at.relevant
    found = newness(workspace, dataset.as_of, facts.products_sold(workspace, dataset.as_of))
    of_code = of_products(found, pd.Index(dataset.catalogue.ids)).to_numpy(object)
    bought = bought[bought["customer_id"].isin(set(dataset.histories.customers))]
    shares = of_products(found, bought["product_id"]).value_counts(normalize=True)
    sizes = {group: int((found == group).sum()) for group in (*NEW, OLDER)}
    exposure = [
        NewProducts(
            group,
            sizes[group],
            int((of_code == group).sum()),
            float(shares.get(group, 0.0)),
            mode,
            *_exposed((ours[mode], popularity[mode]), of_code == group, sizes[group], getattr(relevant, mode)),
        )
        for group in (*NEW, OLDER)
        for mode in MODES
    ]
    fresh = np.isin(of_code, NEW)
    ndcg = [
        _ndcg(workspace, ours[mode], popularity[mode], _only(getattr(relevant, mode), fresh), mode) for mode in MODES
    ]
    return FairStart(tuple(exposure), tuple(ndcg))


def _exposed(
    sides: Sequence[Int64Array], inside: BoolArray, size: int, relevant: sp.csr_matrix
) -> tuple[tuple[float, float], tuple[float, float], tuple[int, int]]:
    """Shares of the products shown and of the places, and right places, of each side."""
    shown, places, hits = [], [], []
    for lists in sides:
        row, rank = np.nonzero(lists >= 0)
        product = lists[row, rank]
        own = inside[product]
        shown.append(len(np.unique(product[own])) / max(size, 1))
        places.append(float(own.mean()) if len(own) else 0.0)
        hits.append(int(np.asarray(relevant[row[own], product[own]]).sum()) if own.any() else 0)
    return (shown[0], shown[1]), (places[0], places[1]), (hits[0], hits[1])


def _only(relevant: sp.csr_matrix, inside: BoolArray) -> sp.csr_matrix:
    kept = (relevant @ sp.diags_array(inside.astype(np.float32))).tocsr()
    kept.eliminate_zeros()
    return kept


def _ndcg(
    workspace: Workspace, ours: Int64Array, popularity: Int64Array, relevant: sp.csr_matrix, mode: Mode
) -> GroupNdcg:
    sides = [pd.DataFrame({"ndcg@10": metrics.ranking(lists, relevant)["ndcg@10"]}) for lists in (ours, popularity)]
    return beside(workspace, "new products", sides, "ndcg@10", mode)


def tables(found: FairStart) -> tuple[CardTable, ...]:
    """For the card."""
    of_products = ("products", "sold before", "can be recommended", "of what was bought")
    of_lists = ("mode", "of them shown to anybody", "of the places", "hits")
    return (
        CardTable(
            "New products in the lists (in brackets: of what sells best)",
            (*of_products, *of_lists),
            tuple(each.row() for each in found.exposure),
        ),
        CardTable(
            "NDCG@10 where only new products count as right, beside what sells best",
            ("of", "mode", "customers", "model", "popularity", "difference"),
            tuple(each.row() for each in found.ndcg),
        ),
    )
