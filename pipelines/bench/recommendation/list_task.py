"""What a peer is given: who bought which product in which order on which day before a date, and nothing after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import cast

import numpy as np
import pandas as pd
import scipy.sparse as sp

from core.workspace import Workspace
from feature_repo import facts
from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.dataset import Dataset


@dataclass(frozen=True)
class ListTask:
    """A shop's purchases before a date, a row per customer, order and product, by ascending day.

    customer, product: codes below `customers` and `products`; order: numbers; back: days before `as_of`, from 1 on
    """

    as_of: date
    customers: int
    products: int
    customer: Int64Array
    product: Int64Array
    order: Int64Array
    back: Int64Array
    horizon_days: int
    seed: int
    threads: int

    def counts(self, half_life_days: float | None = None) -> sp.csr_matrix:
        """Orders per customer and product, (customers, products); half as much per `half_life_days`."""
        weight = np.ones(len(self.back)) if half_life_days is None else 0.5 ** (self.back / half_life_days)
        return self.table(weight)

    def table(self, weight: np.ndarray) -> sp.csr_matrix:
        """Weights of rows summed per customer and product."""
        shape = (self.customers, self.products)
        return sp.csr_matrix((weight.astype(np.float32), (self.customer, self.product)), shape=shape)

    @cached_property
    def owned(self) -> sp.csr_matrix:
        """Who ever bought what: ones."""
        ones = self.counts()
        ones.data[:] = 1.0
        return ones

    @cached_property
    def first_bought(self) -> BoolArray:
        """Whether a row is the first of its customer and product."""
        pairs = pd.DataFrame({"customer": self.customer, "product": self.product})
        return cast(BoolArray, ~pairs.duplicated().to_numpy())

    def sales(self, half_life_days: float, *, first_buyers: bool = False) -> Float32Array:
        """Orders per product, half as much per so many days; or customers who bought it for the first time."""
        weight = 0.5 ** (self.back / half_life_days) * (self.first_bought if first_buyers else 1.0)
        return np.bincount(self.product, weights=weight, minlength=self.products).astype(np.float32)

    def earlier(self) -> tuple[ListTask, sp.csr_matrix]:
        """The task a horizon before, and what was bought in the window after it: for a peer to choose its setting by.

        Products and customers keep their codes; those not known then have bought nothing.
        """
        known = self.back > self.horizon_days
        rows = {name: getattr(self, name)[known] for name in ("customer", "product", "order")}
        as_of = self.as_of - timedelta(days=self.horizon_days)
        came = replace(self, **{n: getattr(self, n)[~known] for n in ("customer", "product", "order", "back")}).owned
        return replace(self, as_of=as_of, back=self.back[known] - self.horizon_days, **rows), came


def task_of(workspace: Workspace, dataset: Dataset) -> ListTask:
    """The purchases before a dataset's date, in its codes; only of products that may be recommended."""
    lines = facts.counted(workspace, date.min, dataset.as_of)
    kept = lines.filter(lines.customer_id.notnull()).select("customer_id", "product_id", "order_id", "day").distinct()
    bought = kept.order_by("day", "order_id", "customer_id", "product_id").to_pandas()
    customer = pd.Index(dataset.histories.customers).get_indexer(pd.Index(bought.customer_id))
    product = dataset.catalogue.codes(bought.product_id.to_numpy(object))
    known = (customer >= 0) & (product >= 0)
    order, _ = pd.factorize(bought.order_id)
    back = (pd.Timestamp(dataset.as_of) - pd.to_datetime(bought.day)).dt.days.to_numpy()
    settings = workspace.settings
    return ListTask(
        dataset.as_of,
        len(dataset.histories),
        len(dataset.catalogue),
        customer[known].astype(np.int64),
        product[known].astype(np.int64),
        order[known].astype(np.int64),
        back[known].astype(np.int64),
        settings.recommendation.horizon_days,
        settings.seed,
        settings.threads,
    )
