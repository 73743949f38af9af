"""Watches value: whether what is expected of each group of customers is what they spend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.workspace import Workspace
from models.fairness_result import FairnessResult, GroupFigure
from models.kinds import Kind
from models.value.labels import known
from models.value.model import ValueModel
from models.version import Version
from monitoring import protected
from monitoring.fairness import by_attribute, judge
from monitoring.fairness.judge import Limits
from monitoring.fairness.measurement import result
from monitoring.kinds import Findings, KindMonitor, Predictions
from monitoring.results import RuleState, Served
from monitoring.served.window import ServedWindow
from monitoring.side_by_side.answer_changes import AnswerChanges

METRIC = "expected over spent"


class ValueMonitor:
    """How value models are watched."""

    def fairness(self, workspace: Workspace, kind: Kind[ValueModel], model: ValueModel, as_of: date) -> FairnessResult:
        """Expected spend over real spend by group: nobody's value is told too low beside the others'."""
        until = as_of + timedelta(days=kind.horizon_days(workspace.settings))
        frame = kind.evaluate(workspace, model, as_of)
        groups, limits = protected.groups(workspace, frame.index.tolist()), Limits.of(workspace.settings.rules)
        expected = frame["expected"].to_numpy(dtype=float)
        spent = np.maximum(frame["spent"].to_numpy(dtype=float), 0.0)

        def of(attribute: str, names: pd.Series[str]) -> list[GroupFigure]:
            return judge.ratios(attribute, METRIC, by_attribute.sides(names, expected, spent), limits)

        return result(kind, as_of, until, by_attribute.measured(groups, of, limits))

    def population(self, workspace: Workspace, as_of: date) -> Sequence[str]:
        """The customers whose value it tells."""
        return known(workspace, as_of)

    def prediction_columns(self, file: pd.DataFrame) -> pd.DataFrame:
        """The expected spend of each customer over the shortest horizon."""
        return file[["spend_28d"]].reset_index(drop=True)

    def look(self, workspace: Workspace, version: Version, scored: Predictions, as_of: date) -> Findings:
        """Nothing of its own."""
        return Findings()

    def served(self, window: ServedWindow) -> Served | None:
        """Answers of POST /v1/customers are not kept, so nothing is known of them."""
        return None

    def shop_rules(self, workspace: Workspace, as_of: date) -> list[RuleState]:
        """None."""
        return []

    def changes(self, workspace: Workspace, a: pd.DataFrame, b: pd.DataFrame) -> AnswerChanges:
        """None is told."""
        return AnswerChanges()

    def leans_on(self, model: ValueModel) -> Mapping[str, float]:
        """Nothing is told."""
        return {}


MONITOR: KindMonitor[ValueModel] = ValueMonitor()
