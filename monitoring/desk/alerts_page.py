"""The page of alerts: what waits for an answer, what was answered, and the answer that a form sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.datastructures import FormData

from core import alert_answers, utc
from core.actors import Actor
from core.alerts import Alert, Alerts, severest
from core.errors import UsageError
from core.workspace import Workspace
from monitoring.desk.languages import gettext, ngettext

SILENCES: Final = (1, 7, 30, 90)
"""Days that the form offers; the command line takes any up to a year."""


@dataclass(frozen=True)
class AlertsPage:
    """The open alerts, the most urgent first, and the last that were closed."""

    headline: str
    waiting: list[Alert]
    closed: list[Alert]
    silences: tuple[int, ...] = SILENCES


@dataclass(frozen=True)
class AlertAnswer:
    """What the form asks for; `level` is the one that the reviewer saw."""

    number: int
    verdict: str
    reason: str
    level: str
    days: str

    @classmethod
    def of(cls, number: int, form: FormData) -> AlertAnswer:
        """Read the form."""
        return cls(number, **{name: str(form.get(name, "")).strip() for name in ("verdict", "reason", "level", "days")})

    def around(self) -> Mapping[str, object]:
        """What the form shows again where the answer was not taken."""
        return {"answered": self.number, "reason": self.reason}


def build(workspace: Workspace) -> AlertsPage:
    """The page as of now."""
    alerts = Alerts(workspace)
    waiting = severest(alerts.open())
    return AlertsPage(_headline(waiting), waiting, [each for each in alerts.recent() if each.closed_at])


def give(workspace: Workspace, answer: AlertAnswer, who: Actor) -> str:
    """Record an answer; returns what was done in words.

    Raises:
        UsageError: no reason, no such answer, the alert was closed or got worse since the page was opened.
    """
    alert = Alerts(workspace).numbered(answer.number)
    if alert.level != answer.level:
        raise UsageError(
            f"the alert is {alert.level} now, no longer {answer.level or 'what you saw'}", todo="look again"
        )
    if answer.verdict == "close":
        alert_answers.close(workspace, answer.number, who, answer.reason)
        return gettext("Alert %s is closed; where its cause lasts, the next look raises it anew.") % answer.number
    if answer.verdict != "silence" or answer.days not in map(str, SILENCES):
        raise UsageError("that is no answer to an alert", todo="close it, or silence it for some days")
    until = utc.now() + timedelta(days=int(answer.days))
    alert_answers.silence(workspace, answer.number, who, answer.reason, until)
    return ngettext(
        "Alert %(number)s is silent for %(days)s day, unless it gets worse.",
        "Alert %(number)s is silent for %(days)s days, unless it gets worse.",
        int(answer.days),
    ) % {"number": answer.number, "days": answer.days}


def _headline(waiting: list[Alert]) -> str:
    late = sum(alert.is_overdue for alert in waiting)
    said = [ngettext("%s alert open", "%s alerts open", len(waiting)) % len(waiting)]
    if late:
        said.append(ngettext("%s overdue", "%s overdue", late) % late)
    return ", ".join(said) if waiting else gettext("No alert is open")
