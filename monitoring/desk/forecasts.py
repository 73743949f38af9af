"""The forecasts that wait for a reviewer: which still do, and the acceptance that the form sends.

A run of `regulars monitor` finds them; what was accepted since then is taken off at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from starlette.datastructures import FormData

from core.errors import UsageError
from core.workspace import Workspace
from models.demand.acceptance import Acceptances, Totals
from monitoring import rules
from monitoring.outcome import WaitingForecast, plain
from monitoring.summary import Document, model_entry

MOST_SHOWN = 200


@dataclass(frozen=True)
class Flagged:
    """What a run flagged of one version's forecast as of a date, and which of it has been accepted by now."""

    totals: Totals
    forecasts: tuple[WaitingForecast, ...]
    accepted: frozenset[str]

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


def flagged(workspace: Workspace, run: Document | None) -> Flagged | None:
    """What a run flagged; None where it watched no forecast, or was made before forecasts could be accepted."""
    entry = model_entry(run, "demand") if run else None
    if run is None or entry is None or entry["version"] is None or "waiting" not in entry:
        return None
    forecasts = tuple(WaitingForecast(**each) for each in entry["waiting"])
    units = {each.series_id: each.units for each in forecasts}
    days, as_of = workspace.settings.demand.horizon_days, date.fromisoformat(run["as_of"])
    totals = Totals(entry["version"], as_of, days, units)
    return Flagged(totals, forecasts, Acceptances(workspace).accepted(totals))


def rules_now(workspace: Workspace, run: Document | None) -> list[Mapping[str, Any]]:
    """The rules of a run, with the one on forecasts as it stands by now."""
    found = flagged(workspace, run)
    states: list[Mapping[str, Any]] = run["rules"] if run else []
    if found is None:
        return states
    now = plain(asdict(rules.review(found.forecasts, found.accepted, workspace.settings.rules)))
    return [now if state["rule"] == rules.REVIEW else state for state in states]


def accept(workspace: Workspace, run: Document | None, form: FormData, who: str) -> str:
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
