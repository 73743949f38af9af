"""What the recommendation model reads of the shop, as of a date, through the feature store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from core import clock
from core.kept_answers import KeptAnswers
from core.reads import Read
from core.workspace import Workspace
from feature_repo import catalog, drawn_snapshots, facts, store
from feature_repo.snapshots import TIMESTAMP
from models.arrays import BoolArray, Int64Array
from models.recommendation import customer_bounds, interests
from models.recommendation.catalogue import Catalogue
from models.recommendation.history import KEY, PurchaseHistories
from models.recommendation.interests import RecentInterest
from models.recommendation.item_item import Neighbours
from models.recommendation.item_item_index import ItemItemIndex

SERVICE = "recommendation_v2"
REGION_DAYS = 84
AT_ONCE = 100_000
"""Customers whose rows are read from the feature store at a time: as a frame they take ten times what they do here."""
SPARSE: Final = 2.0
"""Where there are so many times the customers who are drawn, or more, their rows are computed without the others'."""
HISTORY: Final = "customer_history"
READS = (Read("orders", ("region",), "recommending what sells in a region"),)


@dataclass(frozen=True)
class Dataset:
    """The customers and products as of a date: all customers, or some drawn by chance where others are `not_drawn`."""

    as_of: date
    catalogue: Catalogue
    histories: PurchaseHistories
    recent: Mapping[str, Sequence[RecentInterest]] = field(default_factory=dict)
    """The interests of those customers who have any."""
    not_drawn: NDArray[np.object_] = field(default_factory=lambda: np.zeros(0, dtype=object))
    """The ids of customers with a history who are not in `histories`."""

    @classmethod
    def load(cls, workspace: Workspace, as_of: date, most: int | None = None) -> Dataset:
        """Through `get_historical_features`; missing snapshots are built first. Of at most `most` customers.

        Raises:
            DataError: before any data.
        """
        products = catalogue(workspace, as_of)
        everybody, sparse = _everybody(workspace, as_of, most)
        size = len(everybody)
        some = customer_bounds.drawn(size, size if most is None else most, workspace.settings.seed, as_of)
        found = cls.of(workspace, as_of, products, everybody.iloc[some], sparse=sparse)
        return replace(found, not_drawn=np.delete(everybody[KEY].to_numpy(dtype=object), some))

    @classmethod
    def of(
        cls, workspace: Workspace, as_of: date, products: Catalogue, customers: pd.DataFrame, *, sparse: bool = False
    ) -> Dataset:
        """Of some customers (rows of `store.entities`), who are taken for all; `sparse`: they are few beside all, of
        whom no snapshot is built for them.
        """
        read = store.historical_of_some if sparse else store.historical
        moment = clock.day_start(as_of, workspace.tables.timezone)
        histories: list[PurchaseHistories] = []
        recent: dict[str, Sequence[RecentInterest]] = {}
        for first in range(0, max(len(customers), 1), AT_ONCE):
            rows = read(workspace, SERVICE, customers.iloc[first : first + AT_ONCE])
            histories.append(PurchaseHistories.of(rows, products))
            recent |= interests.of_frame(rows, moment)
        return cls(as_of, products, PurchaseHistories.joined(histories), recent)

    def drawn(self, most: int, seed: int) -> Dataset:
        """With at most so many of its customers, drawn by chance."""
        if len(self.histories) <= most:
            return self
        some = customer_bounds.drawn(len(self.histories), most, seed, self.as_of)
        histories = self.histories.of_customers(some)
        recent = {name: self.recent[name] for name in histories.customers if name in self.recent}
        others = np.concatenate([self.not_drawn, np.delete(self.histories.customers, some)])
        return replace(self, histories=histories, recent=recent, not_drawn=others)

    @property
    def customers(self) -> int:
        """How many have a history, those not drawn as well."""
        return len(self.histories) + len(self.not_drawn)

    def has_history(self, customers: pd.Series[str]) -> BoolArray:
        """Whether each customer has one, drawn or not."""
        return customers.isin(self.histories.customers).to_numpy() | customers.isin(self.not_drawn).to_numpy()

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


def is_sparse(workspace: Workspace, as_of: date, most: int) -> bool:
    """Whether at most so many customers are few beside all, so that no snapshot of all is built for them."""
    return _everybody(workspace, as_of, most)[1]


def _everybody(workspace: Workspace, as_of: date, most: int | None) -> tuple[pd.DataFrame, bool]:
    """Every customer with a history, as `store.entities` has them, and whether `most` are few beside them."""
    if (
        most is not None
        and workspace.tables.rows("orders") >= SPARSE * most
        and drawn_snapshots.can_draw(workspace, catalog.view(HISTORY))
    ):
        buyers = drawn_snapshots.buyers(workspace, as_of)
        if len(buyers) >= SPARSE * most:
            moment = pd.Timestamp(clock.day_start(as_of, workspace.tables.timezone))
            return pd.DataFrame({KEY: buyers}, dtype="object").assign(**{TIMESTAMP: moment}), True
    return store.entities(workspace, SERVICE, as_of, key=KEY), False


def catalogue(workspace: Workspace, as_of: date) -> Catalogue:
    """The products that may be recommended as of a date: with `recommendation.min_purchases` purchases before it.

    Raises:
        DataError: before any data.
    """

    def made() -> Catalogue:
        products = store.matrix(workspace, SERVICE, as_of, key="product_id")
        return Catalogue.of({name: products[name].tolist() for name in products.columns})

    return _CATALOGUES.of(workspace, as_of, made)


_CATALOGUES = KeptAnswers[Catalogue]()


def sales_by_region(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """Orders per (region, product_id) in the last REGION_DAYS days; no rows where orders have no region."""
    lines = facts.counted(workspace, as_of - timedelta(days=REGION_DAYS), as_of)
    recent = lines.filter(lines.region.notnull())
    sales: pd.DataFrame = recent.group_by("region", "product_id").agg(orders=recent.order_id.nunique()).execute()
    return sales.sort_values(["region", "orders", "product_id"], ascending=[True, False, True], ignore_index=True)
