"""For those of whom nothing is known: what goes with the basket, then what sells best where they are."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from models.arrays import Float32Array, Int64Array
from models.recommendation.candidates import CandidateSource
from models.recommendation.catalogue import Catalogue
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.item_statistics import ItemStatistics


def ranked(
    statistics: ItemStatistics, index: ItemItemIndex, basket: Int64Array, region: str | None
) -> list[tuple[int, float, CandidateSource]]:
    """Every product with its score and source, best first: companions of the basket lie above 1, the rest in 0..1."""
    catalogue = index.catalogue
    popularity = popular(statistics, catalogue, region)
    strength = with_basket(statistics, index, basket) if len(basket) else np.zeros(len(catalogue), np.float32)
    scores = np.where(strength > 0, 1 + strength, popularity)
    order = np.lexsort((np.arange(len(scores)), -scores))
    return [
        (int(p), float(scores[p]), CandidateSource.BASKET if strength[p] > 0 else CandidateSource.POPULAR)
        for p in order
    ]


def popular(statistics: ItemStatistics, catalogue: Catalogue, region: str | None = None) -> Float32Array:
    """Recent sales of each product, the best seller's being 1, shape (I,); in the region where it is known."""
    sales = np.nan_to_num(catalogue.numbers["sales_weight"]).astype(np.float32)
    there = statistics.regions[statistics.regions.region == region] if region is not None else statistics.regions[:0]
    if len(there):
        code = catalogue.codes(there.product_id.to_numpy(object))
        regional = np.zeros(len(catalogue), dtype=np.float32)
        regional[code[code >= 0]] = there.orders.to_numpy(np.float32)[code >= 0]
        # Sales everywhere break ties, and order what the region does not sell.
        sales = regional + 0.01 * sales / max(float(sales.max(initial=0)), 1e-9)
    return sales / np.float32(max(float(sales.max(initial=0)), 1e-9))


def with_basket(statistics: ItemStatistics, index: ItemItemIndex, basket: Int64Array) -> Float32Array:
    """How well each product goes with the basket: 1 for the one that does best, shape (I,)."""
    catalogue = index.catalogue
    rows = np.isin(statistics.cooccurrence.source, catalogue.ids[basket])
    code = catalogue.codes(statistics.cooccurrence.target[rows])
    strength = np.zeros(len(catalogue), dtype=np.float32)
    np.add.at(strength, code[code >= 0], statistics.cooccurrence.weight[rows][code >= 0])
    strength[basket] = 0
    highest = float(strength.max(initial=0))
    return strength / np.float32(highest) if highest > 0 else strength


def fill(catalogue: Catalogue, used: Collection[int], count: int) -> list[int]:
    """The `count` codes that sell best and are not used."""
    free = (int(code) for code in catalogue.popular if int(code) not in used)
    return [code for code, _ in zip(free, range(count), strict=False)]
