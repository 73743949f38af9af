"""What customers bought after an as-of date: the products that were relevant to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
import scipy.sparse as sp

from core.workspace import Workspace
from feature_repo import sources
from models.recommendation.dataset import Dataset


@dataclass(frozen=True)
class Relevance:
    """What was bought in the days from a date on, by customers and of products known at it: ones, (R, I)."""

    all: sp.csr_matrix
    new: sp.csr_matrix

    @classmethod
    def load(cls, workspace: Workspace, dataset: Dataset) -> Relevance:
        """Of the `recommendation.horizon_days` from `dataset.as_of` on; `new` are those never bought before."""
        shop = sources.tables(workspace, sources.connect(workspace))
        lines = shop.table("counted")
        end = dataset.as_of + timedelta(days=workspace.settings.recommendation.horizon_days)
        first, last = (ibis.literal(day, type="date") for day in (dataset.as_of, end))
        window = lines.filter(lines.customer_id.notnull(), lines.day >= first, lines.day < last)
        bought = window.select("customer_id", "product_id").distinct().execute()
        row = pd.Index(dataset.histories.customers).get_indexer(pd.Index(bought.customer_id))
        product = dataset.catalogue.codes(bought.product_id.to_numpy(object))
        known = (row >= 0) & (product >= 0)
        relevant = dataset.pairs(row[known].astype(np.int64), product[known])
        new = (relevant - relevant.multiply(dataset.owned)).tocsr()
        new.eliminate_zeros()
        return cls(relevant, new)
