"""Orders as baskets: which products of the catalogue lie in each, whose it is, and when it was bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from core.workspace import Workspace
from feature_repo import facts
from models.arrays import Int64Array
from models.recommendation.dataset import Dataset


@dataclass(frozen=True)
class OrderBaskets:
    """`products` has ones, shape (B, I); `customer` is a code per basket, shape (B,): every guest's order has its own.

    `bought_at` is the shop's own time, shape (B,).
    """

    products: sp.csr_matrix
    customer: Int64Array
    bought_at: NDArray[np.datetime64]

    @classmethod
    def load(cls, workspace: Workspace, dataset: Dataset) -> OrderBaskets:
        """Every order before the dataset's date, those of guests as well."""
        lines = facts.counted(workspace, date.min, dataset.as_of)
        orders = lines.group_by("order_id").agg(customer_id=lines.customer_id.max(), local_at=lines.local_at.min())
        found = orders.order_by("order_id").execute()
        bought = lines.select("order_id", "product_id").distinct().execute()
        row = pd.Index(found.order_id).get_indexer(bought.order_id)
        product = dataset.catalogue.codes(bought.product_id.to_numpy(object))
        inside = product >= 0
        shape = (len(found), len(dataset.catalogue))
        ones = np.ones(inside.sum(), dtype=np.float32)
        products = sp.csr_matrix((ones, (row[inside], product[inside])), shape=shape)
        return cls(products, _customers(found.customer_id), found.local_at.to_numpy("datetime64[s]"))


def _customers(ids: pd.Series[str]) -> Int64Array:
    codes, names = pd.factorize(ids)
    guests = codes < 0
    codes[guests] = len(names) + np.arange(guests.sum())
    return codes.astype(np.int64)
