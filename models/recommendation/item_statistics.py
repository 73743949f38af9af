"""Item statistics, what every recommender knows of products: sums over customers, none about a single one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from core.progress import current
from core.workspace import Workspace
from models import artifact
from models.recommendation import cooccurrence, customer_bounds, item_item
from models.recommendation.bundles.bundle_table import BundleTable
from models.recommendation.catalogue import COLUMNS, Catalogue
from models.recommendation.dataset import Dataset, sales_by_region
from models.recommendation.item_item import Neighbours
from models.recommendation.order_baskets import OrderBaskets

_BUNDLES = "bundles.parquet"


@dataclass(frozen=True)
class ItemStatistics:
    """As of a date: the products, which speak for which, which share baskets, and what sells in each region.

    `bundles` is None where they were not looked for: releases before there were any saved none.
    """

    as_of: date
    catalogue: Catalogue
    neighbours: Neighbours
    cooccurrence: Neighbours
    regions: pd.DataFrame
    bundles: BundleTable | None = None

    def save(self, directory: Path) -> None:
        """As Parquet and JSON."""
        artifact.write_json(directory / "knowledge.json", {"as_of": self.as_of.isoformat()})
        self.catalogue.frame().to_parquet(directory / "products.parquet", index=False)
        self.neighbours.save(directory / "neighbours.parquet")
        self.cooccurrence.save(directory / "together.parquet")
        self.regions.to_parquet(directory / "regions.parquet", index=False)
        if self.bundles is not None:
            self.bundles.save(directory / _BUNDLES)

    @classmethod
    def load(cls, directory: Path) -> ItemStatistics:
        """What `save` wrote."""
        as_of = date.fromisoformat(artifact.read_json(directory / "knowledge.json")["as_of"])
        products = pd.read_parquet(directory / "products.parquet", partitioning=None)
        bundles = directory / _BUNDLES
        return cls(
            as_of,
            Catalogue.of({name: products[name].tolist() for name in COLUMNS}),
            Neighbours.load(directory / "neighbours.parquet"),
            Neighbours.load(directory / "together.parquet"),
            pd.read_parquet(directory / "regions.parquet", partitioning=None),
            BundleTable.load(bundles) if bundles.exists() else None,
        )


def fit(
    workspace: Workspace, dataset: Dataset, neighbours: Neighbours | None = None, *, bundles: bool = True
) -> ItemStatistics:
    """Everything as of `dataset.as_of`; `neighbours` where they were fitted on these facts before.

    Without `bundles` these are not looked for: who only judges lists of products does not need them.
    """
    current().step(f"recommendation: who buys what with what, as of {dataset.as_of}")
    baskets = OrderBaskets.load(workspace, dataset)
    return ItemStatistics(
        dataset.as_of,
        dataset.catalogue,
        neighbours or item_item.fit(dataset.histories, dataset.catalogue),
        cooccurrence.fit(baskets.products, dataset.catalogue),
        sales_by_region(workspace, dataset.as_of),
        _bundles(workspace, baskets, dataset.catalogue) if bundles else None,
    )


def _bundles(workspace: Workspace, baskets: OrderBaskets, catalogue: Catalogue) -> BundleTable:
    current().step("recommendation: which products make bundles")
    return BundleTable.fit(baskets.of_some_customers(customer_bounds.BASKETS, workspace.settings.seed), catalogue)
