"""What rules would change: the lists of a sample of customers with each rule alone, and with all, beside none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from core.workspace import Workspace, of_one_generation
from feature_repo.availability import unavailable
from models.recommendation import batch
from models.recommendation.dataset import Dataset
from models.recommendation.merchandising.applied_rules import rule_set
from models.recommendation.merchandising.rule import MerchandisingRule
from models.recommendation.model import Recommender
from models.recommendation.variety.list_variety import ListVariety

ALL: Final = "all together"
SCORED = 300
"""So many products of a list without rules tell what a product that rules bring in is worth to the customer."""
SEED = 0
_PLACE = ["customer_id", "rank"]


@dataclass(frozen=True)
class RuleEffect:
    """What one rule changes: lists and places that have another product, lists shorter than without it.

    `score_lost` is the mean over all places of the sample, in standard deviations of a customer's scores.
    """

    rule: str
    lists: int
    places: int
    short: int
    score_lost: float


@dataclass(frozen=True)
class DryRun:
    """The effects in the order in which rules work, all together last; `places` are those of all lists without."""

    customers: int
    places: int
    effects: tuple[RuleEffect, ...]

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


@of_one_generation
def dry_run(
    workspace: Workspace,
    model: Recommender,
    day: date,
    rules: Sequence[MerchandisingRule],
    *,
    sample: int = 500,
    k: int = 10,
) -> DryRun:
    """Try the rules that count on a day on customers drawn by chance, always the same for the same shop."""
    dataset = Dataset.load(workspace, day)
    size = len(dataset.histories)
    rows = np.random.default_rng(SEED).choice(size, min(sample, size), replace=False)
    dataset = replace(dataset, histories=dataset.histories.of_customers(np.sort(rows)))
    gone = unavailable(workspace)

    def lists(of: Sequence[MerchandisingRule], length: int = k, variety: ListVariety | None = None) -> pd.DataFrame:
        in_force = rule_set(workspace, day, tuple(of), 0) if of else None
        return batch.lists(workspace, model, dataset, "all", length, unavailable=gone, rules=in_force, variety=variety)

    counted = [rule for rule in rules if rule.counts_on(day)]
    scored = lists([], max(SCORED, k), ListVariety(0.0))
    before = lists([])
    tried = [(rule.name, [rule]) for rule in counted] + ([(ALL, counted)] if counted else [])
    effects = [_effect(name, before, lists(of), scored) for name, of in tried]
    return DryRun(len(dataset.histories), len(before), tuple(effects))


def _effect(name: str, before: pd.DataFrame, after: pd.DataFrame, scored: pd.DataFrame) -> RuleEffect:
    both = before.merge(after, on=_PLACE, how="outer", suffixes=("", "_after"))
    changed = both["product_id"] != both["product_id_after"]
    length = before.groupby("customer_id").size()
    short = int((after.groupby("customer_id").size().reindex(length.index, fill_value=0) < length).sum())
    worth = after[["customer_id", "product_id"]].merge(
        scored[["customer_id", "product_id", "score"]], on=["customer_id", "product_id"], how="left"
    )
    of_customer = scored.groupby("customer_id")["score"]
    # A product that is not even among the scored is worth no more than the last of them.
    worth["score"] = worth["score"].fillna(worth["customer_id"].map(of_customer.min()))
    lost = before.groupby("customer_id")["score"].sum() - worth.groupby("customer_id")["score"].sum().reindex(
        length.index, fill_value=0.0
    )
    full = after.groupby("customer_id").size().reindex(length.index, fill_value=0) == length
    deviation = of_customer.std(ddof=0).clip(lower=1e-9)
    per_place = (lost / length / deviation)[full]
    return RuleEffect(
        name,
        int(both.loc[changed, "customer_id"].nunique()),
        int(changed.sum()),
        short,
        float(per_place.mean()) if len(per_place) else 0.0,
    )
