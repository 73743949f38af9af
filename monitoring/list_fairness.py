"""How fair lists are to customers: accuracy, price level, variety and exposure of each group, beside the rest.

Groups are the protected attributes and thirds of the customers by what they spent in the last year. NDCG and price
level of the usual lists are judged by the protected attributes (the gate acts on them); all else is shown with its
interval, by the same rule for small groups, lists of what was never bought apart from the usual ones.

Exposure of a customer is how much of the shop beside their habits they are shown: the share of a list's ten places
that are filled, that hold something they never bought, and that hold something promoted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from core.workspace import Workspace
from feature_repo import facts
from models.fairness_result import GroupFigure
from models.recommendation import evaluation
from models.recommendation.dataset import Dataset
from models.recommendation.labels import Relevance
from models.recommendation.metrics import K
from models.recommendation.rankers import Mode
from monitoring import prices, protected
from monitoring.fairness import by_attribute, judge
from monitoring.fairness.judge import Limits

VALUE_ATTRIBUTE = "customer value"
VALUE_TIERS = ("low", "middle", "high")
FILLED, NEW_PLACES, PROMOTED_PLACES = "places filled", "places with something new", "places with something promoted"
EXPOSURE: Final = (FILLED, NEW_PLACES, PROMOTED_PLACES)
EXPLORE = ", explore"
"""Ends the name of a metric of lists of mode `new`."""
_JUDGED = (f"NDCG@{K}", "price level")
_VALUE_DAYS = 365

Lists = Mapping[Mode, pd.DataFrame]


@dataclass(frozen=True)
class Place:
    """The places of lists, one each: row of the customer (-1 without a history) and code of the product."""

    customer: pd.Series[str]
    row: np.ndarray[tuple[int], np.dtype[np.int64]]
    product: np.ndarray[tuple[int], np.dtype[np.int64]]

    @classmethod
    def of(cls, lists: pd.DataFrame, dataset: Dataset) -> Place:
        """Of customer_id, product_id."""
        row = pd.Index(dataset.histories.customers).get_indexer(pd.Index(lists["customer_id"]))
        product = dataset.catalogue.codes(lists["product_id"].to_numpy(object))
        return cls(lists["customer_id"], row.astype(np.int64), product)


def by_customer(workspace: Workspace, dataset: Dataset, lists: Lists) -> list[GroupFigure]:
    """The figures of lists as of the dataset's date: customer_id, rank, product_id of each mode.

    NDCG is that of the evaluation: of customers with a history and a relevant product. Every list has a price level.
    """
    relevant = Relevance.load(workspace, dataset)
    levels = prices.levels(workspace, dataset.as_of)
    customers = pd.Index(sorted(set().union(*(own["customer_id"] for own in lists.values()))), name="customer_id")
    groups, limits = _groups(workspace, dataset.as_of, customers), Limits.of(workspace.settings.rules)
    found: list[GroupFigure] = []
    for mode, own in lists.items():
        quality = evaluation.accuracy(own, dataset, getattr(relevant, mode))["ndcg@10"].dropna()
        price = own["product_id"].map(levels).groupby(own["customer_id"]).mean().dropna()
        values = {_JUDGED[0]: quality, _JUDGED[1]: price, **_spread(own, dataset, mode)}
        ending = EXPLORE if mode == "new" else ""
        for metric, of_customers in values.items():
            found += _of_groups(groups, metric, ending, of_customers, limits)
    return found


def _spread(lists: pd.DataFrame, dataset: Dataset, mode: Mode) -> dict[str, pd.Series[float]]:
    """Variety (different categories over places) and exposure of each customer's list."""
    places, catalogue = Place.of(lists, dataset), dataset.catalogue
    known = places.product >= 0
    category = np.where(known, catalogue.groups["category"][places.product], -1 - np.arange(len(known)))
    new = np.ones(len(known), dtype=bool)
    old = known & (places.row >= 0)
    new[old] = np.asarray(dataset.owned[places.row[old], places.product[old]]).ravel() == 0
    ahead = (catalogue.numbers["display_ahead"] > 0) | (catalogue.numbers["mailer_ahead"] > 0)
    grouped = pd.DataFrame(
        {"category": category, "new": new, "promoted": known & ahead[places.product]}, index=lists.index
    ).groupby(places.customer)
    count = grouped.size()
    found = {"variety": grouped["category"].nunique() / count, FILLED: (count / K).clip(upper=1.0)}
    if mode == "all":
        found[NEW_PLACES] = grouped["new"].sum() / K
    if ahead.any():
        found[PROMOTED_PLACES] = grouped["promoted"].sum() / K
    return found


def _of_groups(
    groups: pd.DataFrame, metric: str, ending: str, values: pd.Series[float], limits: Limits
) -> list[GroupFigure]:
    """One metric by every protected attribute, by two of them where it is judged, and by customer value."""
    own, numbers = groups.reindex(values.index), np.asarray(values, dtype=np.float64)

    def of(attribute: str, names: pd.Series[str]) -> list[GroupFigure]:
        return judge.ratios(attribute, metric + ending, by_attribute.sides(names, numbers, ones), limits)

    ones = np.ones(len(numbers), dtype=np.float64)
    of_value = judge.watched(of(VALUE_ATTRIBUTE, own[VALUE_ATTRIBUTE]))
    known = own.drop(columns=VALUE_ATTRIBUTE)
    if metric in _JUDGED and not ending:
        return [*by_attribute.measured(known, of, limits), *of_value]
    return [*(f for name in map(str, known.columns) for f in judge.watched(of(name, known[name]))), *of_value]


def _groups(workspace: Workspace, as_of: date, customers: pd.Index[str]) -> pd.DataFrame:
    """The group of each customer by protected attribute and by value."""
    groups = protected.groups(workspace, customers.tolist())
    return groups.assign(**{VALUE_ATTRIBUTE: _value_tiers(workspace, as_of, customers)})


def _value_tiers(workspace: Workspace, as_of: date, customers: pd.Index[str]) -> pd.Series[str]:
    """Low, middle and high third by revenue in the year before."""
    revenue = facts.spent(workspace, as_of - timedelta(days=_VALUE_DAYS), as_of).reindex(customers).fillna(0.0)
    share = revenue.rank(pct=True, method="first")
    return pd.Series(np.select([share <= 1 / 3, share <= 2 / 3], VALUE_TIERS[:2], VALUE_TIERS[2]), index=customers)
