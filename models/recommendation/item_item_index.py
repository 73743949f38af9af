"""A catalogue with the item-item weights in its codes: all that is known of products, ready to be used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from models.arrays import Int64Array
from models.recommendation.catalogue import Catalogue
from models.recommendation.item_item import Neighbours


@dataclass(frozen=True)
class TargetGroups:
    """The groups of one kind that have targets, ascending; `column` is the place of each target's in it, shape (T,)."""

    group: Int64Array
    column: Int64Array


@dataclass(frozen=True)
class ItemItemIndex:
    """`targets` are the codes that somebody's neighbour may be; `column` their place in it (-1: none), shape (I,)."""

    catalogue: Catalogue
    weights: sp.csr_matrix
    targets: Int64Array
    column: Int64Array

    @classmethod
    def of(cls, catalogue: Catalogue, neighbours: Neighbours) -> ItemItemIndex:
        """Bind the neighbours to the catalogue."""
        weights = neighbours.bind(catalogue)
        targets = np.unique(weights.indices).astype(np.int64)
        column = np.full(len(catalogue), -1, dtype=np.int64)
        column[targets] = np.arange(len(targets))
        return cls(catalogue, weights[:, targets].tocsr().astype(np.float32), targets, column)

    @cached_property
    def kinds(self) -> TargetGroups:
        """What kinds of thing the targets are (`Catalogue.kind`)."""
        group, column = np.unique(self.catalogue.groups[self.catalogue.kind][self.targets], return_inverse=True)
        return TargetGroups(group, column.astype(np.int64))
