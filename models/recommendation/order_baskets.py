"""Orders as baskets: which products of the catalogue lie in each, whose it is, and when it was bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
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
        # Numbered by the engine: ids of tens of millions of orders would take more room than all else of a training.
        numbered = orders.mutate(
            row=ibis.row_number().over(order_by=orders.order_id),
            customer=ibis.dense_rank().over(order_by=orders.customer_id),
        )
        found = numbered.order_by("row").select("local_at", "customer", guest=numbered.customer_id.isnull()).execute()
        codes = ibis.memtable(
            pd.DataFrame({"product_id": dataset.catalogue.ids, "product": range(len(dataset.catalogue))})
        )
        pairs = lines.select("order_id", "product_id").distinct().inner_join(codes, "product_id")
        bought = pairs.inner_join(numbered.select("order_id", "row"), "order_id").select("row", "product").execute()
        shape = (len(found), len(dataset.catalogue))
        ones = np.ones(len(bought), dtype=np.float32)
        products = sp.csr_matrix((ones, (bought["row"].to_numpy(), bought["product"].to_numpy())), shape=shape)
        customer = _customers(found["customer"].where(~found["guest"]))
        return cls(products, customer, found["local_at"].to_numpy("datetime64[s]"))


def _customers(known: pd.Series[float]) -> Int64Array:
    """A code of each basket's customer, from 0 on as they come; every guest's order has its own."""
    codes, names = pd.factorize(known)
    guests = codes < 0
    codes[guests] = len(names) + np.arange(guests.sum())
    return codes.astype(np.int64)
