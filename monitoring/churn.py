"""Watches churn: the rate of tier 1 and above, its true- and false-positive rate by group, and the tiers' sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from core.workspace import Workspace
from models.churn.labels import active
from models.churn.model import BoostedModel
from models.churn.portfolio import Portfolio
from models.churn.scorer import Scorer
from models.churn.tiers import NO_ACTION
from models.fairness_result import FairnessResult, GroupFigure
from models.kinds import Kind
from models.version import Version
from monitoring import protected, rules
from monitoring.fairness import by_attribute, judge, trade_off
from monitoring.fairness.judge import Limits
from monitoring.fairness.measurement import result
from monitoring.kinds import Findings, KindMonitor, Predictions
from monitoring.results import RuleState, Served
from monitoring.served import probabilities
from monitoring.served.window import ServedWindow
from monitoring.side_by_side import answer_changes
from monitoring.side_by_side.answer_changes import AnswerChanges

CALIBRATION = "left over expected"


class ChurnMonitor:
    """How churn models are watched."""

    def fairness(self, workspace: Workspace, kind: Kind[Scorer], model: Scorer, as_of: date) -> FairnessResult:
        """Who is in tier 1 or above, of those who left and of those who stayed, by group."""
        until = as_of + timedelta(days=kind.horizon_days(workspace.settings))
        frame = kind.evaluate(workspace, model, as_of)
        groups, limits = protected.groups(workspace, frame.index.tolist()), Limits.of(workspace.settings.rules)
        selected, churned = (frame["risk_tier"] >= 1).to_numpy(), (frame["churned"] == 1).to_numpy()
        figures = by_attribute.rates(groups, selected, churned, limits)
        found = result(kind, as_of, until, [*figures, *_calibration(groups, frame, limits)])
        people = {"probability": frame["probability"].to_numpy(float), "chosen": selected, "actual": churned}
        steps = [
            step
            for name in map(str, groups.columns)
            for step in trade_off.of_quantiles(name, groups[name], **people, fewest=limits.min_group)
        ]
        return replace(found, trade_offs=tuple(steps))

    def population(self, workspace: Workspace, as_of: date) -> Sequence[str]:
        """The customers whom it scores."""
        return active(workspace, as_of)

    def prediction_columns(self, file: pd.DataFrame) -> pd.DataFrame:
        """The probability of each customer."""
        return file[["churn_probability"]].reset_index(drop=True)

    def look(self, workspace: Workspace, version: Version, scored: Predictions, as_of: date) -> Findings:
        """How many customers are in each tier, and how many of them may not be contacted."""
        settings, reached = workspace.settings.churn, scored.now["risk_tier"].astype(int)
        refused = (scored.now["action"] == NO_ACTION) & (reached.map(lambda tier: settings.actions[tier]) != NO_ACTION)
        return Findings(
            rules=(rules.tiers(version.kind, Counter(reached), Counter(reached[refused]), settings.actions),)
        )

    def served(self, window: ServedWindow) -> Served | None:
        """The probabilities that were answered, against who bought."""
        return probabilities.measure(window)

    def shop_rules(self, workspace: Workspace, as_of: date) -> list[RuleState]:
        """None."""
        return []

    def changes(self, workspace: Workspace, a: pd.DataFrame, b: pd.DataFrame) -> AnswerChanges:
        """Who changes tier."""
        return answer_changes.of_tiers(a, b, len(workspace.settings.churn.actions))

    def leans_on(self, model: Scorer) -> Mapping[str, float]:
        """The gains of its trees, whatever other members say."""
        trees = model.members.get(BoostedModel.name) if isinstance(model, Portfolio) else model
        return trees.importance() if isinstance(trees, BoostedModel) else {}


def _calibration(groups: pd.DataFrame, frame: pd.DataFrame, limits: Limits) -> list[GroupFigure]:
    """How many of each group left, over how many were expected to: 1 where its probabilities are right. Shown only."""
    left, expected = frame["churned"].to_numpy(float), frame["probability"].to_numpy(float)
    found: list[GroupFigure] = []
    for name in map(str, groups.columns):
        sides = by_attribute.sides(groups[name], left, expected)
        found += judge.watched(judge.ratios(name, CALIBRATION, sides, limits))
    return found


MONITOR: KindMonitor[Scorer] = ChurnMonitor()
