"""Products that are like a product, and products that are bought together with it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from models.arrays import BoolArray
from models.recommendation.catalogue import Catalogue
from models.recommendation.item_item import Neighbours
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.products_like import products_like


def similar(index: ItemItemIndex, product_id: str, k: int, barred: BoolArray) -> list[tuple[str, float]]:
    """The strongest item-item weights of a product, best first, to those that are not barred; none for an unknown."""
    code = int(index.catalogue.codes([product_id])[0])
    if code < 0:
        return []
    row = index.weights[code]
    targets = index.targets[row.indices]
    shown = ~barred[targets]
    found = sorted(zip((-row.data[shown]).tolist(), targets[shown].tolist(), strict=True))[:k]
    return [(str(index.catalogue.ids[target]), -weight) for weight, target in found]


def bought_together(cooccurrence: Neighbours, product_id: str, k: int) -> list[tuple[str, float]]:
    """The products that most often share its baskets, best first; none for an unknown product."""
    rows = (cooccurrence.source == product_id).nonzero()[0][:k]
    return [(str(cooccurrence.target[row]), float(cooccurrence.weight[row])) for row in rows]


def together_with(cooccurrence: Neighbours, product_id: str, k: int) -> list[str]:
    """The ids of `bought_together`."""
    return [product for product, _ in bought_together(cooccurrence, product_id, k)]


def similar_to_new(
    catalogue: Catalogue, described: pd.Series[Any], k: int, barred: BoolArray
) -> list[tuple[str, float]]:
    """The products most like one that is described alone and that are not barred, the best with 1."""
    if not len(catalogue):
        return []
    like = products_like(described, catalogue, k + int(barred.sum()))
    shown = ~barred[like.codes]
    best = float(like.weights.max(initial=0)) or 1.0
    pairs = zip(catalogue.ids[like.codes[shown]], like.weights[shown] / best, strict=True)
    return [(str(product), float(weight)) for product, weight in pairs][:k]
