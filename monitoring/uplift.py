"""Watches uplift: who would be contacted, by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from core.workspace import Workspace
from models.fairness_result import FairnessResult
from models.kinds import Kind
from models.uplift.model import UpliftModel
from models.version import Version
from monitoring import protected
from monitoring.fairness import by_attribute
from monitoring.fairness.judge import Limits
from monitoring.fairness.measurement import result
from monitoring.kinds import Findings, KindMonitor, Predictions
from monitoring.results import RuleState, Served
from monitoring.served.window import ServedWindow
from monitoring.side_by_side.answer_changes import AnswerChanges


class UpliftMonitor:
    """How uplift models are watched."""

    def fairness(
        self, workspace: Workspace, kind: Kind[UpliftModel], model: UpliftModel, as_of: date
    ) -> FairnessResult:
        """Who would be contacted, of those who bought and of those who did not, by group."""
        frame = kind.evaluate(workspace, model, as_of)
        groups = protected.groups(workspace, frame["customer_id"].tolist())
        selected, bought = (frame["contacted"] > 0).to_numpy(), (frame["bought"] > 0).to_numpy()
        limits = Limits.of(workspace.settings.rules)
        return result(kind, as_of, as_of, by_attribute.rates(groups, selected, bought, limits))

    def population(self, workspace: Workspace, as_of: date) -> Sequence[str] | None:
        """Everybody."""
        return None

    def prediction_columns(self, file: pd.DataFrame) -> pd.DataFrame:
        """What the best offer adds for each customer."""
        return file[["uplift"]].reset_index(drop=True)

    def look(self, workspace: Workspace, version: Version, scored: Predictions, as_of: date) -> Findings:
        """Nothing of its own."""
        return Findings()

    def served(self, window: ServedWindow) -> Served | None:
        """No endpoint answers from it."""
        return None

    def shop_rules(self, workspace: Workspace, as_of: date) -> list[RuleState]:
        """None."""
        return []

    def changes(self, workspace: Workspace, a: pd.DataFrame, b: pd.DataFrame) -> AnswerChanges:
        """None is told."""
        return AnswerChanges()

    def leans_on(self, model: UpliftModel) -> Mapping[str, float]:
        """Nothing is told."""
        return {}


MONITOR: KindMonitor[UpliftModel] = UpliftMonitor()
