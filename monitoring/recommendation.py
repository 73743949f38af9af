"""Watches recommendations: NDCG and price level by group and value tier, and how the lists spread."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import cast

import numpy as np
import pandas as pd

from core.workspace import Workspace
from feature_repo import facts
from models.fairness_result import FairnessResult, GroupFigure
from models.kinds import Kind
from models.recommendation import Recommender
from models.version import Version
from monitoring import exposure, prices, protected, rules
from monitoring.fairness import judge
from monitoring.fairness.judge import Limits
from monitoring.fairness.measurement import UNREGISTERED, result
from monitoring.kinds import Findings, KindMonitor, Predictions
from monitoring.outcome import RuleState

K = 10
VALUE_ATTRIBUTE = "customer value"
VALUE_TIERS = ("low", "middle", "high")
_VALUE_DAYS = 365


class RecommendationMonitor:
    """How recommendation models are watched."""

    def fairness(
        self, workspace: Workspace, kind: Kind[Recommender], model: Recommender, as_of: date
    ) -> FairnessResult:
        """NDCG and the mean price level of the list, by group and by customer value."""
        until = as_of + timedelta(days=workspace.settings.recommendation.horizon_days)
        lists = kind.predict_file(workspace, model, as_of, UNREGISTERED, mode="all", k=K)
        quality = ndcg(lists, facts.purchases(workspace, as_of, until))
        levels = lists["product_id"].map(prices.levels(workspace, as_of))
        price = levels.groupby(lists["customer_id"]).mean().dropna()
        limits = Limits.of(workspace.settings.rules)
        figures: list[GroupFigure] = []
        for metric, values in ((f"NDCG@{K}", quality), ("price level", price)):
            groups = protected.groups(workspace, values.index.tolist())
            for name in map(str, groups.columns):
                figures += judge.means(name, metric, _by_group(values, groups[name]), limits)
            if not groups.empty:
                tiers = _value_tiers(workspace, as_of, values.index)
                shown = judge.means(VALUE_ATTRIBUTE, metric, _by_group(values, tiers), limits)
                figures += [replace(figure, verdict="not judged") for figure in shown]
        return result(kind, as_of, until, figures)

    def population(self, workspace: Workspace, as_of: date) -> None:
        """Every customer and product of the snapshot."""

    def prediction_columns(self, file: pd.DataFrame) -> pd.DataFrame:
        """The mean score of each customer's list."""
        return file.groupby("customer_id")["score"].mean().rename("list_score").reset_index(drop=True).to_frame()

    def look(self, workspace: Workspace, version: Version, scored: Predictions, as_of: date) -> Findings:
        """How today's lists spread over the catalogue, beside those on the day of training."""
        now = exposure.of(workspace, scored.now, as_of)
        before = exposure.of(workspace, scored.before, scored.before_day)
        return Findings(now, rules=tuple(rules.recommendations(now, before, workspace.settings.rules)))

    def shop_rules(self, workspace: Workspace, as_of: date) -> list[RuleState]:
        """None."""
        return []


def ndcg(lists: pd.DataFrame, relevant: pd.DataFrame, k: int = K) -> pd.Series[float]:
    """NDCG@k of each customer who bought something, indexed by customer_id (binary relevance).

    `lists` has customer_id, rank (from 1) and product_id; `relevant` the (customer_id, product_id) pairs that were
    bought. The ideal list holds min(k, bought) hits; a customer without a list scores 0.
    """
    bought = relevant.groupby("customer_id").size()
    top = lists.loc[lists["rank"] <= k, ["customer_id", "rank", "product_id"]]
    hits = top.merge(relevant, on=["customer_id", "product_id"])
    gains = (1 / np.log2(hits["rank"] + 1)).groupby(hits["customer_id"]).sum()
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    best = pd.Series(ideal[np.minimum(bought, k) - 1], index=bought.index)
    return cast("pd.Series[float]", gains.reindex(bought.index).fillna(0.0) / best)


def _by_group(values: pd.Series[float], groups: pd.Series[str]) -> dict[str, np.ndarray]:
    """The values of each group; both are indexed by customer_id, in the same order."""
    numbers, names = values.to_numpy(float), groups.to_numpy()
    return {str(name): numbers[names == name] for name in sorted(set(names))}


def _value_tiers(workspace: Workspace, as_of: date, customers: pd.Index[str]) -> pd.Series[str]:
    """Low, middle and high third by revenue in the year before."""
    revenue = facts.spent(workspace, as_of - timedelta(days=_VALUE_DAYS), as_of).reindex(customers).fillna(0.0)
    share = revenue.rank(pct=True, method="first")
    return pd.Series(np.select([share <= 1 / 3, share <= 2 / 3], VALUE_TIERS[:2], VALUE_TIERS[2]), index=customers)


MONITOR: KindMonitor[Recommender] = RecommendationMonitor()
