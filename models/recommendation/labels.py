"""What customers bought after an as-of date: the products that were relevant to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.sparse as sp

from core.workspace import Workspace
from feature_repo import facts
from models.arrays import BoolArray, Int64Array
from models.recommendation.dataset import Dataset


def among(relevant: sp.csr_matrix, row: Int64Array, product: Int64Array) -> BoolArray:
    """Whether each pair of customer and product codes is relevant, shape (n,)."""
    if not len(row):
        return np.zeros(0, dtype=bool)
    return np.asarray(relevant[row, product]).ravel() > 0


@dataclass(frozen=True)
class Relevance:
    """What was bought in the days from a date on, by customers and of products known at it: ones, (R, I)."""

    all: sp.csr_matrix
    new: sp.csr_matrix

    @cached_property
    def again(self) -> sp.csr_matrix:
        """What was bought before, and bought again."""
        again = (self.all - self.new).tocsr()
        again.eliminate_zeros()
        return again

    @classmethod
    def load(cls, workspace: Workspace, dataset: Dataset) -> Relevance:
        """Of the `recommendation.horizon_days` from `dataset.as_of` on; `new` are those never bought before."""
        end = dataset.as_of + timedelta(days=workspace.settings.recommendation.horizon_days)
        some = dataset.histories.customers if len(dataset.not_drawn) else None
        bought = facts.purchases(workspace, dataset.as_of, end, some)
        row = pd.Index(dataset.histories.customers).get_indexer(pd.Index(bought.customer_id))
        product = dataset.catalogue.codes(bought.product_id.to_numpy(object))
        known = (row >= 0) & (product >= 0)
        relevant = dataset.pairs(row[known].astype(np.int64), product[known])
        new = (relevant - relevant.multiply(dataset.owned)).tocsr()
        new.eliminate_zeros()
        return cls(relevant, new)
