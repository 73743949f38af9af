"""What is known of products, cut down to a few of them: whoever asks about one product needs no others' columns.

Pair features of the few stay the same; a block of customers then costs as many cells as there are products asked
for, and not as many as the catalogue has.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.arrays import Int64Array
from models.recommendation.catalogue import Catalogue
from models.recommendation.item_item_index import ItemItemIndex


def focused(index: ItemItemIndex, products: Int64Array) -> ItemItemIndex:
    """The index with these products (codes) as its only targets, and their groups as its only groups but one."""
    place = index.column[products]
    targets = products[place >= 0]
    column = np.full(len(index.catalogue), -1, dtype=np.int64)
    column[targets] = np.arange(len(targets))
    return ItemItemIndex(_regrouped(index.catalogue, products), index.weights[:, place[place >= 0]], targets, column)


def _regrouped(catalogue: Catalogue, products: Int64Array) -> Catalogue:
    """The groups of the products keep their members and get the first codes; all others are one group."""
    groups = {}
    for name, codes in catalogue.groups.items():
        own = np.unique(codes[products])
        found = np.minimum(np.searchsorted(own, codes), len(own) - 1)
        groups[name] = np.where(own[found] == codes, found, len(own)).astype(np.int64)
    return replace(catalogue, groups=groups)
