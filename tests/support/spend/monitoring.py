"""How a spend model is watched: its error by group, and how far its sums moved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

from core.messages import Message
from core.workspace import Workspace
from models.fairness_result import FairnessResult, GroupFigure
from models.kinds import Kind
from models.version import Version
from monitoring import protected
from monitoring.fairness import judge
from monitoring.fairness.judge import Limits
from monitoring.fairness.measurement import result
from monitoring.kinds import Findings, KindMonitor, Predictions
from monitoring.results import RuleState
from monitoring.served.window import ServedWindow
from monitoring.side_by_side.answer_changes import AnswerChanges
from tests.support.spend.models import HORIZON_DAYS, SpendModel


class SpendMonitor:
    def fairness(self, workspace: Workspace, kind: Kind[SpendModel], model: SpendModel, as_of: date) -> FairnessResult:
        frame = kind.evaluate(workspace, model, as_of)
        groups, limits = protected.groups(workspace, frame.index.tolist()), Limits.of(workspace.settings.rules)
        figures: list[GroupFigure] = []
        for name in groups:
            sides = {group: part.to_numpy() for group, part in frame["absolute_error"].groupby(groups[name])}
            figures += judge.means(name, "error", sides, limits)
        return result(kind, as_of, as_of + timedelta(days=HORIZON_DAYS), figures)

    def population(self, workspace: Workspace, as_of: date) -> None:
        return None

    def prediction_columns(self, file: pd.DataFrame) -> pd.DataFrame:
        return file[["spend"]].reset_index(drop=True)

    def look(self, workspace: Workspace, version: Version, scored: Predictions, as_of: date) -> Findings:
        says = Message.plain(f"{scored.now['spend'].sum():.0f} expected")
        return Findings(rules=(RuleState("spend", "spend", version.kind, "ok", says),))

    def served(self, window: ServedWindow) -> None:
        return None

    def shop_rules(self, workspace: Workspace, as_of: date) -> list[RuleState]:
        return []

    def changes(self, workspace: Workspace, a: pd.DataFrame, b: pd.DataFrame) -> AnswerChanges:
        return AnswerChanges()

    def leans_on(self, model: SpendModel) -> Mapping[str, float]:
        return {}


MONITOR: KindMonitor[SpendModel] = SpendMonitor()
