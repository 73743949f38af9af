"""Orders as baskets: which products of the catalogue lie in each, whose it is, and when it was bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import ibis
import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from core.workspace import Workspace
from feature_repo import facts
from models.arrays import Int64Array
from models.recommendation.dataset import Dataset

_NUMBERED: Final = "numbered_baskets"


@dataclass(frozen=True)
class OrderBaskets:
    """`products` has ones, shape (B, I); `customer` is a code per basket, shape (B,): every guest's order has its own.

    `bought_at` is the shop's own time, shape (B,).
    """

    products: sp.csr_matrix
    customer: Int64Array
    bought_at: NDArray[np.datetime64]

    def of_some_customers(self, most: int, seed: int) -> OrderBaskets:
        """About so many where there are more: all baskets of customers drawn by chance.

        What is said of baskets is as certain as their customers are many, so none has a part of theirs.
        """
        if len(self.customer) <= most:
            return self
        kept = np.random.default_rng(seed).random(int(self.customer.max()) + 1) < most / len(self.customer)
        rows = kept[self.customer]
        return OrderBaskets(self.products[rows], self.customer[rows], self.bought_at[rows])

    @classmethod
    def load(cls, workspace: Workspace, dataset: Dataset) -> OrderBaskets:
        """Every order before the dataset's date, those of guests as well."""
        lines = facts.counted(workspace, date.min, dataset.as_of)
        orders = lines.group_by("order_id").agg(customer_id=lines.customer_id.max(), local_at=lines.local_at.min())
        # Numbered by the engine, once: ids of tens of millions of orders would take more room than all else.
        numbered = orders.mutate(
            row=ibis.row_number().over(order_by=orders.order_id).cast("int32"),
            customer=ibis.dense_rank().over(order_by=orders.customer_id).cast("int32"),
            guest=orders.customer_id.isnull(),
        ).drop("customer_id")
        kept = facts.computed(_NUMBERED, numbered)
        found = kept.order_by("row").select("local_at", "customer", "guest").execute()
        size = len(dataset.catalogue)
        codes = ibis.memtable(
            pd.DataFrame({"product_id": dataset.catalogue.ids, "product": np.arange(size, dtype="i4")})
        )
        pairs = lines.inner_join(codes, "product_id").inner_join(kept, "order_id", rname="{name}_of_order")
        bought = pairs.select("row", "product").execute()
        products = _ones(bought["row"].to_numpy(), bought["product"].to_numpy(), (len(found), size))
        customer = _customers(found["customer"].where(~found["guest"]))
        return cls(products, customer, found["local_at"].to_numpy("datetime64[s]"))


def _ones(row: NDArray[np.int32], product: NDArray[np.int32], shape: tuple[int, int]) -> sp.csr_matrix:
    """Ones at pairs, however often they are told."""
    table = sp.csr_matrix((np.ones(len(row), dtype=np.float32), (row, product)), shape=shape)
    table.data[:] = 1
    return table


def _customers(known: pd.Series[float]) -> Int64Array:
    """A code of each basket's customer, from 0 on as they come; every guest's order has its own."""
    codes, names = pd.factorize(known)
    guests = codes < 0
    codes[guests] = len(names) + np.arange(guests.sum())
    return codes.astype(np.int64)
