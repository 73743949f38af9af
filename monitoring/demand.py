"""Watches demand: its error by region and store, the series in a surge, and the forecasts that wait for a reviewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import pandas as pd

from core.messages import Message
from core.workspace import Workspace
from models import booster_gains
from models.demand.acceptance import Acceptances, Totals
from models.demand.kind import KIND, Model
from models.demand.model import DemandModel
from models.demand.series import split_id
from models.fairness_result import FairnessResult
from models.kinds import Kind
from models.version import Version
from monitoring import forecast_flags, rules
from monitoring.fairness import judge
from monitoring.fairness.judge import Limits
from monitoring.fairness.measurement import result
from monitoring.fairness.ratio_intervals import Side
from monitoring.kinds import Findings, KindMonitor, Predictions
from monitoring.results import RuleState, Served
from monitoring.served import totals
from monitoring.served.window import ServedWindow
from monitoring.side_by_side import answer_changes
from monitoring.side_by_side.answer_changes import AnswerChanges

PLACES: Final[Mapping[str, str]] = {"region": "region", "store": "store_id"}
"""What errors are measured by, and the key of the series that tells it."""


class DemandMonitor:
    """How demand models are watched."""

    def fairness(self, workspace: Workspace, kind: Kind[Model], model: Model, as_of: date) -> FairnessResult:
        """The wMAPE of each region and each store, where the series have one: of a forecast of all of them nobody can
        say how wrong it is in one.
        """
        settings = workspace.settings.demand
        until, keys = as_of + timedelta(days=settings.horizon_days), list(settings.series)
        places = {name: keys.index(key) for name, key in PLACES.items() if key in keys}
        if not places:
            return FairnessResult(kind.name, as_of, until, (), Message("fairness.no_region"))
        frame = kind.evaluate(workspace, model, as_of)
        names = [split_id(str(name), keys) for name in frame.index]
        limits = Limits.of(workspace.settings.rules)
        figures = [
            figure
            for attribute, place in places.items()
            for figure in judge.ratios(attribute, "wMAPE", _sides(frame, [each[place] for each in names]), limits)
        ]
        return result(kind, as_of, until, figures)

    def population(self, workspace: Workspace, as_of: date) -> None:
        """Every series of the snapshot."""

    def prediction_columns(self, file: pd.DataFrame) -> pd.DataFrame:
        """The forecast total of each series."""
        keys = list(file.columns[: list(file.columns).index("date")])
        return file.groupby(keys)["mean"].sum().rename("forecast_total").reset_index(drop=True).to_frame()

    def look(self, workspace: Workspace, version: Version, scored: Predictions, as_of: date) -> Findings:
        """The forecasts that need a review, and which of them somebody has accepted."""
        known = forecast_flags.known(workspace, as_of)
        waiting = tuple(forecast_flags.waiting(workspace, known, scored.now)) if known else ()
        units = {each.series_id: each.units for each in waiting}
        totals = Totals(version.version, as_of, workspace.settings.demand.horizon_days, units)
        accepted = Acceptances(workspace).accepted(totals)
        return Findings(
            waiting=waiting, rules=(rules.review(version.kind, waiting, accepted, workspace.settings.rules),)
        )

    def served(self, window: ServedWindow) -> Served | None:
        """The totals that were answered, against the units sold."""
        return totals.measure(window)

    def shop_rules(self, workspace: Workspace, as_of: date) -> list[RuleState]:
        """Which series surge: from what was sold, whatever forecasts them."""
        known = forecast_flags.known(workspace, as_of)
        surging = forecast_flags.surging(workspace, known) if known else []
        return [rules.surge(KIND.name, surging, len(known.ids) if known else 0, workspace.settings.rules)]

    def changes(self, workspace: Workspace, a: pd.DataFrame, b: pd.DataFrame) -> AnswerChanges:
        """The series whose forecasts differ most."""
        return answer_changes.of_series(a, b)

    def leans_on(self, model: Model) -> Mapping[str, float]:
        """The gains of the boosters of the mean."""
        return booster_gains.shares(model.means, model.names) if isinstance(model, DemandModel) else {}


def _sides(frame: pd.DataFrame, places: Sequence[str]) -> dict[str, Side]:
    """Absolute errors and units sold of each place's series; `places` has one entry per row."""
    grouped = frame.groupby(pd.Series(places, index=frame.index))
    return {str(place): (own["absolute_error"].to_numpy(float), own["sold"].to_numpy(float)) for place, own in grouped}


MONITOR: KindMonitor[Model] = DemandMonitor()
