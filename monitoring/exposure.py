"""How recommendation lists spread over the catalogue: the figures behind the filter-bubble alerts."""

from __future__ import annotations

from datetime import date

import pandas as pd

from core.workspace import Workspace
from feature_repo import facts
from models.recommendation.dataset import catalogue

MOST_SHOWN = 10


def of(workspace: Workspace, lists: pd.DataFrame, as_of: date) -> dict[str, float]:
    """The figures of the lists as of a date, given what had been bought before it."""
    return figures(lists, len(catalogue(workspace, as_of)), facts.purchases(workspace, date.min, as_of))


def figures(lists: pd.DataFrame, products: int, bought: pd.DataFrame) -> dict[str, float]:
    """Coverage, concentration and repetition of lists (customer_id, product_id).

    coverage: share of the `products` that could be recommended that are; concentration: share of all
    places that go to the 10 products shown most; repetition: share of places that hold something the customer
    bought before (`bought`: customer_id, product_id).
    """
    if lists.empty:
        return {}
    places = lists["product_id"].value_counts()
    known = lists.merge(bought.drop_duplicates(), on=["customer_id", "product_id"])
    return {
        "coverage": len(places) / max(products, 1),
        "concentration": float(places.head(MOST_SHOWN).sum() / places.sum()),
        "repetition": len(known) / len(lists),
    }
