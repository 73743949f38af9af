"""Products too new to be recommended by their sales: explored places are how they get their first buyers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from core import query_engine
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from feature_repo import facts
from feature_repo.counted_products import counted_products
from models.recommendation.catalogue import COLUMNS, KEY, Catalogue

NEW_DAYS: Final = 56
"""A product counts as new so long after its launch, or, where none is given, after it first sold."""
MOST: Final = 200
_TEXTS: Final = ("name", "category", "department", "brand")
READS = (
    Read("products", ("product_id", *_TEXTS, "available", "launched_on"), "exploring new products in lists"),
)  # fmt: skip


@dataclass(frozen=True)
class NewArrivals:
    """At most 200, the newest first, as products of which nothing is known but what the shop says of them."""

    catalogue: Catalogue

    def __len__(self) -> int:
        return len(self.catalogue)

    @classmethod
    def of(cls, described: pd.DataFrame) -> NewArrivals:
        """From `product_id` and the texts that rules go by."""
        columns: Mapping[str, list[Any]] = {
            name: described[name].tolist() if name in (KEY, *_TEXTS) else [None] * len(described) for name in COLUMNS
        }
        return cls(Catalogue.of(columns))

    @classmethod
    def load(cls, workspace: Workspace, day: date) -> NewArrivals:
        """Those that are new on a day: available, and with fewer purchases than `recommendation.min_purchases`."""
        return cls.of(_newest(workspace, day))


@of_one_generation
def _newest(workspace: Workspace, day: date) -> pd.DataFrame:
    if not workspace.tables.files("products") or not workspace.tables.files("orders"):
        return pd.DataFrame(columns=[KEY, *_TEXTS])
    query = (
        f"SELECT {', '.join((KEY, *_TEXTS))}, CAST(launched_on AS DATE) AS launched_on FROM products"
        f" WHERE available IS NOT FALSE AND {counted_products(workspace.settings)} ORDER BY {KEY}"
    )
    with query_engine.on_tables(workspace) as connection:
        products: pd.DataFrame = connection.execute(query).df()
    sold = facts.times_bought(workspace, day).reindex(products[KEY])
    since = pd.to_datetime(products["launched_on"]).fillna(pd.to_datetime(sold["first"]).reset_index(drop=True))
    first, last = pd.Timestamp(day - timedelta(days=NEW_DAYS)), pd.Timestamp(day)
    few = sold["purchases"].fillna(0).to_numpy() < workspace.settings.recommendation.min_purchases
    new = products.assign(since=since)[few & (since >= first).to_numpy() & (since <= last).to_numpy()]
    return new.sort_values(["since", KEY], ascending=[False, True]).head(MOST).reset_index(drop=True)
