"""Watches recommendations: NDCG and price level by group and value tier, and how the lists spread."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.workspace import Workspace
from feature_repo import facts
from models.fairness_result import FairnessResult, GroupFigure
from models.kinds import Kind, refuse_hindsight
from models.recommendation import Recommender, batch, evaluation
from models.recommendation.dataset import Dataset
from models.recommendation.labels import Relevance
from models.recommendation.metrics import K
from models.version import Version
from monitoring import exposure, prices, protected, rules
from monitoring.fairness import judge
from monitoring.fairness.judge import Limits
from monitoring.fairness.measurement import UNREGISTERED, result
from monitoring.kinds import Findings, KindMonitor, Predictions
from monitoring.results import RuleState, Served
from monitoring.served import lists
from monitoring.served.window import ServedWindow

VALUE_ATTRIBUTE = "customer value"
VALUE_TIERS = ("low", "middle", "high")
_VALUE_DAYS = 365


class RecommendationMonitor:
    """How recommendation models are watched."""

    def fairness(
        self, workspace: Workspace, kind: Kind[Recommender], model: Recommender, as_of: date
    ) -> FairnessResult:
        """NDCG and the mean price level of the list, by group and by customer value."""
        refuse_hindsight(kind.name, UNREGISTERED, model, as_of)
        until = as_of + timedelta(days=kind.horizon_days(workspace.settings))
        dataset = Dataset.load(workspace, as_of)
        lists = batch.lists(workspace, model, dataset, "all", K, others=batch.strangers(workspace, dataset))
        return result(kind, as_of, until, figures(workspace, dataset, lists))

    def population(self, workspace: Workspace, as_of: date) -> None:
        """Every customer and product of the snapshot."""

    def prediction_columns(self, file: pd.DataFrame) -> pd.DataFrame:
        """The mean score of each customer's list."""
        return file.groupby("customer_id")["score"].mean().rename("list_score").reset_index(drop=True).to_frame()

    def look(self, workspace: Workspace, version: Version, scored: Predictions, as_of: date) -> Findings:
        """How today's lists spread over the catalogue, beside those on the day of training."""
        now = exposure.of(workspace, scored.now, as_of)
        before = exposure.of(workspace, scored.before, scored.before_day)
        return Findings(now, rules=tuple(rules.recommendations(version.kind, now, before, workspace.settings.rules)))

    def served(self, window: ServedWindow) -> Served | None:
        """How many of the lists had something that was bought."""
        return lists.measure(window)

    def shop_rules(self, workspace: Workspace, as_of: date) -> list[RuleState]:
        """None."""
        return []


def figures(workspace: Workspace, dataset: Dataset, lists: pd.DataFrame) -> list[GroupFigure]:
    """NDCG and price level of lists as of the dataset's date, by each protected attribute and by customer value.

    NDCG is that of the evaluation: of customers with a history and a relevant product. Every list has a price level.
    """
    relevant = Relevance.load(workspace, dataset)
    quality = evaluation.accuracy(lists, dataset, relevant.all)["ndcg@10"].dropna()
    levels = lists["product_id"].map(prices.levels(workspace, dataset.as_of))
    price = levels.groupby(lists["customer_id"]).mean().dropna()
    limits = Limits.of(workspace.settings.rules)
    found: list[GroupFigure] = []
    for metric, values in ((f"NDCG@{K}", quality), ("price level", price)):
        groups = protected.groups(workspace, values.index.tolist())
        for name in map(str, groups.columns):
            found += judge.means(name, metric, _by_group(values, groups[name]), limits)
        if not groups.empty:
            tiers = _value_tiers(workspace, dataset.as_of, values.index)
            shown = judge.means(VALUE_ATTRIBUTE, metric, _by_group(values, tiers), limits)
            found += [replace(figure, verdict="not judged") for figure in shown]
    return found


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
