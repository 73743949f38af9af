"""Products that are like a product, and products that are bought together with it."""

from __future__ import annotations

from models.recommendation.assortment import Assortment
from models.recommendation.item_item import Neighbours


def similar(assortment: Assortment, product_id: str, k: int) -> list[tuple[str, float]]:
    """The strongest item-item weights of a product, best first; none for an unknown product."""
    code = int(assortment.catalogue.codes([product_id])[0])
    if code < 0:
        return []
    row = assortment.weights[code]
    targets = assortment.targets[row.indices]
    found = sorted(zip((-row.data).tolist(), targets.tolist(), strict=True))[:k]
    return [(str(assortment.catalogue.ids[target]), -weight) for weight, target in found]


def bought_together(together: Neighbours, product_id: str, k: int) -> list[tuple[str, float]]:
    """The products that most often share its baskets, best first; none for an unknown product."""
    rows = (together.source == product_id).nonzero()[0][:k]
    return [(str(together.target[row]), float(together.weight[row])) for row in rows]
