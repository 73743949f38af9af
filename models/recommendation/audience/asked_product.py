"""By what a product's audience is told: by the product itself, or, where it is not known yet, by products like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from models.alike import Level
from models.arrays import Float64Array, Int64Array
from models.recommendation.audience.shop_products import ShopProducts
from models.recommendation.catalogue import Catalogue
from models.recommendation.products_like import products_like

MOST: Final = 10
"""So many products alike tell who buys one that is not known yet (40 tell no better; docs/recommendation.md)."""


@dataclass(frozen=True)
class AskedProduct:
    """`codes` are the products that are scored in its place, with what each counts (sum 1); of a known one itself.

    `alike` are their ids, `level` where they are from; () and None of a known one.
    """

    product_id: str
    codes: Int64Array
    weights: Float64Array
    told_by: Literal["product", "alike"] = "product"
    alike: Sequence[str] = ()
    level: Level | None = None

    @classmethod
    def known(cls, product_id: str, catalogue: Catalogue) -> AskedProduct:
        """A product of the catalogue, told by itself."""
        return cls(product_id, catalogue.codes([product_id]), np.ones(1))


def asked_product(product_id: str, catalogue: Catalogue, described: ShopProducts) -> AskedProduct | None:
    """The product itself where the catalogue has it, else those like it; None where nothing tells of it."""
    if product_id in catalogue.index:
        return AskedProduct.known(product_id, catalogue)
    if not described.describes(product_id) or not len(catalogue):
        return None
    like = products_like(described.of(product_id), catalogue, MOST)
    alike = tuple(str(each) for each in catalogue.ids[like.codes])
    return AskedProduct(product_id, like.codes, like.weights, "alike", alike, like.level)
