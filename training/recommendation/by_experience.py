"""How good lists are for customers by the purchases they had made before, beside what sells best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from core.workspace import Workspace
from feature_repo import facts
from models.intervals import Interval, Mean, paired
from models.recommendation import metrics
from models.recommendation.dataset import Dataset
from models.recommendation.guest_lists import guest_lists
from models.recommendation.model import Recommender
from training.outcome import CardTable
from training.recommendation.examples import TrainingOrigin

GROUPS = (("1", 1, 1), ("2-5", 2, 5), ("6 and more", 6, None))
NONE = "0"
TOO_FEW = "too few to judge"
ALL, NEW = "ndcg@10", "ndcg@10_new"


@dataclass(frozen=True)
class GroupNdcg:
    """Mean NDCG@10 of the customers of a group, of which it has `customers`, beside what sells best.

    `less` is the difference with its 95% interval, paired by customer; None where there are too few to judge.
    """

    group: str
    metric: str
    customers: int
    ours: float
    popularity: float
    less: Interval | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return vars(self) | {"less": self.less.as_dict() if self.less else None}

    def row(self) -> tuple[str, ...]:
        """For the card."""
        shown = ("-", "-") if not self.customers else (f"{self.ours:.4f}", f"{self.popularity:.4f}")
        return (self.group, self.metric, f"{self.customers:,}", *shown, str(self.less) if self.less else TOO_FEW)


def beside(
    workspace: Workspace, group: str, sides: Sequence[pd.DataFrame], metric: str, shown: str | None = None
) -> GroupNdcg:
    """One group's figure: frames of its customers by the model and by popularity, in the same order."""
    ours, popular = (each[[metric]].dropna() for each in sides)
    less = None
    if len(ours) >= workspace.settings.rules.fairness_min_group:
        less = paired(ours, popular, Mean(metric), seed=workspace.settings.seed)
    one, two = (float(each[metric].mean()) if len(each) else float("nan") for each in (ours, popular))
    return GroupNdcg(group, shown or metric, len(ours), one, two, less)


def of_known(workspace: Workspace, dataset: Dataset, ours: pd.DataFrame, popularity: pd.DataFrame) -> list[GroupNdcg]:
    """Customers with a history, by the days on which they had bought; frames as of `evaluation.evaluate`."""
    visits = pd.Series(dataset.histories.scalars["visits"], index=dataset.histories.customers).reindex(ours.index)
    popularity = popularity.reindex(ours.index)
    found = []
    for name, least, most in GROUPS:
        inside = (visits >= least) & (visits <= (most or np.inf))
        sides = (ours[inside], popularity[inside])
        found += [beside(workspace, name, sides, metric) for metric in (ALL, NEW)]
    return found


def of_strangers(at: TrainingOrigin, bought: pd.DataFrame, model: Recommender, popularity: Recommender) -> GroupNdcg:
    """Customers whose first purchase lies in the window: what a guest of their region would have been answered.

    The region is that of their first day: what a shop's front knows when they come. Popularity knows of none. `bought`
    are the pairs (customer_id, product_id) of the window.
    """
    workspace, dataset = at.workspace, at.dataset
    bought = bought[~dataset.has_history(bought["customer_id"])]
    row, customers = pd.factorize(bought["customer_id"], sort=True)
    product = dataset.catalogue.codes(bought["product_id"].to_numpy(object))
    known = product >= 0
    shape = (len(customers), len(dataset.catalogue))
    relevant = sp.csr_matrix((np.ones(known.sum(), dtype=np.float32), (row[known], product[known])), shape=shape)
    regions = _regions(at, model, customers)
    sides = [
        pd.DataFrame(metrics.ranking(guest_lists(each, each.bind(dataset.catalogue), asked), relevant), index=customers)
        for each, asked in ((model, regions), (popularity, [None] * len(customers)))
    ]
    return beside(workspace, NONE, sides, ALL)


def _regions(at: TrainingOrigin, model: Recommender, customers: pd.Index[str]) -> list[str | None]:
    if not len(customers) or model.item_statistics.regions.empty:
        return [None] * len(customers)
    until = at.dataset.as_of + timedelta(days=at.workspace.settings.recommendation.horizon_days)
    found = facts.first_regions(at.workspace, at.dataset.as_of, until).to_dict()
    return [found.get(customer) for customer in customers]


def table(found: Sequence[GroupNdcg]) -> CardTable:
    """For the card."""
    title = (
        "NDCG@10 by days with a purchase before, beside what sells best (0: who first bought in the window, answered"
        " as a guest of the region they came from)"
    )
    columns = ("purchases before", "metric", "customers", "model", "popularity", "difference")
    return CardTable(title, columns, tuple(each.row() for each in found))
