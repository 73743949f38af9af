"""What the recommendation model reads of the shop, as of a date, through the feature store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.sparse as sp

from core import clock
from core.reads import Read
from core.workspace import Workspace
from feature_repo import facts, store
from feature_repo.snapshots import TIMESTAMP
from models.arrays import Int64Array
from models.recommendation import interests
from models.recommendation.catalogue import Catalogue
from models.recommendation.history import KEY, PurchaseHistories
from models.recommendation.interests import RecentInterest
from models.recommendation.item_item import Neighbours
from models.recommendation.item_item_index import ItemItemIndex

SERVICE = "recommendation_v2"
REGION_DAYS = 84
READS = (Read("orders", ("region",), "recommending what sells in a region"),)


@dataclass(frozen=True)
class Dataset:
    """All customers and products as of a date."""

    as_of: date
    catalogue: Catalogue
    histories: PurchaseHistories
    recent: Mapping[str, Sequence[RecentInterest]] = field(default_factory=dict)
    """The interests of those customers who have any."""

    @classmethod
    def load(cls, workspace: Workspace, as_of: date) -> Dataset:
        """Through `get_historical_features`; missing snapshots are built first.

        Raises:
            DataError: before any data.
        """
        products = catalogue(workspace, as_of)
        customers = store.matrix(workspace, SERVICE, as_of, key=KEY)
        moment = clock.day_start(as_of, workspace.tables.timezone)
        recent = interests.of_frame(customers, moment)
        return cls(as_of, products, PurchaseHistories.of(customers, products), recent)

    def with_strangers(self, workspace: Workspace, customers: Sequence[str]) -> Dataset:
        """With the interests of customers who bought nothing that counts; without events there are none."""
        if not customers or not workspace.tables.has("events"):
            return self
        moment = clock.day_start(self.as_of, workspace.tables.timezone)
        entities = pd.DataFrame({KEY: list(customers), TIMESTAMP: pd.Timestamp(moment)})
        found = interests.of_frame(store.historical(workspace, SERVICE, entities), moment)
        return replace(self, recent={**self.recent, **found})

    def index(self, neighbours: Neighbours) -> ItemItemIndex:
        """The catalogue with item-item weights, which may be of an earlier date."""
        return ItemItemIndex.of(self.catalogue, neighbours)

    @cached_property
    def owned(self) -> sp.csr_matrix:
        """Who ever bought what, shape (customers, products)."""
        known = self.histories.product >= 0
        return self.pairs(self.histories.rows[known], self.histories.product[known])

    def pairs(self, row: Int64Array, product: Int64Array) -> sp.csr_matrix:
        """Ones at pairs of customer and product codes, shape (customers, products)."""
        shape = (len(self.histories), len(self.catalogue))
        return sp.csr_matrix((np.ones(len(row), dtype=np.float32), (row, product)), shape=shape)


def catalogue(workspace: Workspace, as_of: date) -> Catalogue:
    """The products that may be recommended as of a date: with `recommendation.min_purchases` purchases before it.

    Raises:
        DataError: before any data.
    """
    products = store.matrix(workspace, SERVICE, as_of, key="product_id")
    return Catalogue.of({name: products[name].tolist() for name in products.columns})


def sales_by_region(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """Orders per (region, product_id) in the last REGION_DAYS days; no rows where orders have no region."""
    lines = facts.counted(workspace, as_of - timedelta(days=REGION_DAYS), as_of)
    recent = lines.filter(lines.region.notnull())
    sales: pd.DataFrame = recent.group_by("region", "product_id").agg(orders=recent.order_id.nunique()).execute()
    return sales.sort_values(["region", "orders", "product_id"], ascending=[True, False, True], ignore_index=True)
