"""The forecasts that wait for a reviewer: which still do, and the acceptance that the form sends.

A run of `regulars monitor` finds them; what was accepted since then is taken off at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from starlette.datastructures import FormData

from core.errors import UsageError
from core.workspace import Workspace
from models.demand.acceptance import Acceptances, Totals
from models.demand.kind import KIND
from monitoring import rules
from monitoring.results import MonitorReport, RuleState, WaitingForecast

MOST_SHOWN = 200


@dataclass(frozen=True)
class Flagged:
    """What a run flagged of one version's forecast as of a date, and which of it has been accepted by now."""

    totals: Totals
    forecasts: tuple[WaitingForecast, ...]
    accepted: frozenset[str]

    @property
    def kind(self) -> str:
        """The kind of model that forecasts."""
        return KIND.name

    @property
    def version(self) -> str:
        """The version that forecasts."""
        return self.totals.version

    @property
    def as_of(self) -> date:
        """The first day that is forecast."""
        return self.totals.as_of

    @property
    def waiting(self) -> list[WaitingForecast]:
        """Those nobody has accepted yet, the largest first."""
        return [each for each in self.forecasts if each.series_id not in self.accepted]


def flagged(workspace: Workspace, run: MonitorReport | None) -> Flagged | None:
    """What a run flagged; None where it watched no forecast, or was made before forecasts could be accepted."""
    model = run.model(KIND.name) if run else None
    if run is None or model is None or model.version is None or model.waiting is None:
        return None
    units = {each.series_id: each.units for each in model.waiting}
    totals = Totals(model.version, run.as_of, workspace.settings.demand.horizon_days, units)
    return Flagged(totals, model.waiting, Acceptances(workspace).accepted(totals))


def rules_now(workspace: Workspace, run: MonitorReport | None) -> list[RuleState]:
    """The rules of a run, with the one on forecasts as it stands by now."""
    found = flagged(workspace, run)
    states = list(run.rules) if run else []
    if found is None:
        return states
    now = rules.review(KIND.name, found.forecasts, found.accepted, workspace.settings.rules)
    return [now if state.rule == rules.REVIEW else state for state in states]


def accept(workspace: Workspace, run: MonitorReport | None, form: FormData, who: str) -> str:
    """Accept the forecasts that the form names; returns what was done in words.

    Raises:
        UsageError: no reason, no forecast, or there is a newer run than the one the page showed.
    """
    found = flagged(workspace, run)
    if found is None or (form.get("version"), form.get("as_of")) != (found.version, str(found.as_of)):
        raise UsageError("there is a newer forecast than the one you looked at", todo="look again, then accept")
    waiting = {each.series_id for each in found.waiting}
    chosen = waiting if form.get("all") else waiting & {str(value) for value in form.getlist("series")}
    reason = str(form.get("reason", ""))
    number = Acceptances(workspace).accept(found.totals, sorted(chosen), who, reason)
    return f"{number} forecast{'' if number == 1 else 's'} accepted"
