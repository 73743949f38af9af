"""What every recommender knows of products: sums over customers, none of them about a single one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from core.progress import current
from core.workspace import Workspace
from models import artifact
from models.recommendation import facts as facts_of
from models.recommendation import item_item, together
from models.recommendation.catalogue import COLUMNS, Catalogue
from models.recommendation.facts import Facts
from models.recommendation.item_item import Neighbours


@dataclass(frozen=True)
class Knowledge:
    """As of a date: the products, which speak for which, which share baskets, and what sells in each region."""

    as_of: date
    catalogue: Catalogue
    neighbours: Neighbours
    together: Neighbours
    regions: pd.DataFrame

    def save(self, directory: Path) -> None:
        """As Parquet and JSON."""
        artifact.write_json(directory / "knowledge.json", {"as_of": self.as_of.isoformat()})
        self.catalogue.frame().to_parquet(directory / "products.parquet", index=False)
        self.neighbours.save(directory / "neighbours.parquet")
        self.together.save(directory / "together.parquet")
        self.regions.to_parquet(directory / "regions.parquet", index=False)

    @classmethod
    def load(cls, directory: Path) -> Knowledge:
        """What `save` wrote."""
        as_of = date.fromisoformat(artifact.read_json(directory / "knowledge.json")["as_of"])
        products = pd.read_parquet(directory / "products.parquet", partitioning=None)
        return cls(
            as_of,
            Catalogue.of({name: products[name].tolist() for name in COLUMNS}),
            Neighbours.load(directory / "neighbours.parquet"),
            Neighbours.load(directory / "together.parquet"),
            pd.read_parquet(directory / "regions.parquet", partitioning=None),
        )


def learn(workspace: Workspace, facts: Facts, neighbours: Neighbours | None = None) -> Knowledge:
    """Everything as of `facts.as_of`; `neighbours` where they were fitted on these facts before."""
    current().step(f"recommendation: who buys what with what, as of {facts.as_of}")
    return Knowledge(
        facts.as_of,
        facts.catalogue,
        neighbours or item_item.fit(facts.histories, facts.catalogue),
        together.fit(facts_of.baskets_before(workspace, facts), facts.catalogue),
        facts_of.sales_by_region(workspace, facts.as_of),
    )
