"""Watches recommendations: how fair they are to customers and to products, and how the lists spread."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

from core.workspace import Workspace
from models import booster_gains
from models.fairness_result import FairnessResult, GroupFigure
from models.kinds import Kind, refuse_hindsight
from models.recommendation import Recommender, batch, evaluation
from models.recommendation.dataset import Dataset
from models.recommendation.evaluation import JudgedWindow
from models.recommendation.inputs import NAMES
from models.recommendation.metrics import ITEMS, K
from models.recommendation.rankers import MODES, Mode, TwoStage
from models.version import Version
from monitoring import exposure, list_fairness, product_exposure, protected, rules
from monitoring.fairness.measurement import UNREGISTERED, result
from monitoring.kinds import Findings, KindMonitor, Predictions
from monitoring.results import RuleState, Served
from monitoring.served import lists
from monitoring.served.window import ServedWindow
from monitoring.side_by_side import answer_changes
from monitoring.side_by_side.answer_changes import AnswerChanges


class RecommendationMonitor:
    """How recommendation models are watched."""

    def fairness(
        self, workspace: Workspace, kind: Kind[Recommender], model: Recommender, as_of: date
    ) -> FairnessResult:
        """Accuracy, price level, variety and exposure of customers by group and value, and exposure of products.

        Of at most `customer_bounds.JUDGED` customers, and of those who bought nothing that counts.
        """
        refuse_hindsight(kind.name, UNREGISTERED, model, as_of)
        until = as_of + timedelta(days=kind.horizon_days(workspace.settings))
        window = evaluation.judged_window(workspace, model, as_of)
        found = figures(workspace, window.dataset, _lists(workspace, model, window))
        return result(kind, as_of, until, found, bool(protected.attributes(workspace)))

    def population(self, workspace: Workspace, as_of: date) -> None:
        """Every customer and product of the snapshot."""

    def prediction_columns(self, file: pd.DataFrame) -> pd.DataFrame:
        """The mean score of each customer's list."""
        return file.groupby("customer_id")["score"].mean().rename("list_score").reset_index(drop=True).to_frame()

    def look(self, workspace: Workspace, version: Version, scored: Predictions, as_of: date) -> Findings:
        """How today's lists spread over the catalogue, beside those on the day of training."""
        now = exposure.of(workspace, scored.now, as_of)
        is_same = scored.before is scored.now
        before = now if is_same else exposure.of(workspace, scored.before, scored.before_day)
        return Findings(now, rules=tuple(rules.recommendations(version.kind, now, before, workspace.settings.rules)))

    def served(self, window: ServedWindow) -> Served | None:
        """How many of the lists had something that was bought."""
        return lists.measure(window)

    def shop_rules(self, workspace: Workspace, as_of: date) -> list[RuleState]:
        """None."""
        return []

    def changes(self, workspace: Workspace, a: pd.DataFrame, b: pd.DataFrame) -> AnswerChanges:
        """How much of the lists of ten stays."""
        return answer_changes.of_lists(list(a[ITEMS]), list(b[ITEMS]), K)

    def leans_on(self, model: Recommender) -> Mapping[str, float]:
        """The gains of the boosters that rank all products."""
        if not isinstance(model.ranker, TwoStage):
            return {}
        return booster_gains.shares(list(model.ranker.modes["all"].boosters.values()), NAMES)


def _lists(workspace: Workspace, model: Recommender, window: JudgedWindow) -> dict[Mode, pd.DataFrame]:
    """The lists that the evaluation made, and those of customers without a history, whom it leaves out."""
    found = {mode: window.listed(mode) for mode in MODES}
    others = batch.strangers_lists(workspace, model, window.dataset, MODES, K)
    parts = {mode: [each for each in (found[mode], others[mode]) if len(each)] for mode in MODES}
    return {mode: pd.concat(some, ignore_index=True) if some else found[mode] for mode, some in parts.items()}


def figures(workspace: Workspace, dataset: Dataset, by_mode: Mapping[Mode, pd.DataFrame]) -> list[GroupFigure]:
    """How fair lists as of the dataset's date are to customers and to products, those of each mode apart."""
    customers = list_fairness.by_customer(workspace, dataset, by_mode)
    return customers + product_exposure.by_product(workspace, dataset, by_mode)


MONITOR: KindMonitor[Recommender] = RecommendationMonitor()
