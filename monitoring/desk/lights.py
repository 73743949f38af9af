"""The traffic light of a model: one colour, one word and one sentence, from its versions and the latest run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.alerts import Alert
from models.version import BASELINE, CHALLENGER, CHAMPION, Version
from monitoring.desk.languages import gettext
from monitoring.results import LEVELS, SOURCE, RuleState
from monitoring.rules import FAIRNESS

Colour = Literal["green", "amber", "red", "grey"]
SEVERE = len(LEVELS) - 1


@dataclass(frozen=True)
class Signal:
    """A light with what it says; the word stands beside the colour, so that nobody has to see the colour."""

    light: Colour
    word: str
    text: str


def of_model(
    kind: str,
    versions: Sequence[Version],
    rules: Sequence[RuleState],
    alerts: Sequence[Alert] = (),
    unwatched: str = "",
) -> Signal:
    """Red: blocked, or a severe alert. Amber: somebody should look. Grey: nothing there yet.

    `rules` are those about this model; `unwatched` says why they speak of another version, if they do.
    """
    own = [alert for alert in of_others(alerts) if alert.kind == kind]
    if own:
        worst = max(own, key=lambda alert: LEVELS.index(alert.level) if alert.level in LEVELS else 0)
        return _of_alert(LEVELS.index(worst.level) if worst.level in LEVELS else 0, f"{worst.source}: {worst.text}")
    if not versions:
        return Signal("grey", gettext("No version"), gettext("train one: regulars train %s") % kind)
    champion = carrier(versions, CHAMPION)
    if champion is None:
        return Signal("amber", gettext("No champion"), _without_champion(kind, versions))
    if champion.tags.get("fairness") == "blocked" and not approved(champion):
        why = gettext("version %s has a disparity that nobody has decided on") % champion.version
        return Signal("red", gettext("Blocked"), why)
    if unwatched:
        return Signal("grey", gettext("Not monitored"), gettext("%s; run: regulars monitor") % unwatched)
    return _of_rules(champion, rules)


def of_others(alerts: Sequence[Alert]) -> list[Alert]:
    """The alerts of the registry and of the service; those of monitoring are rules, shown as such."""
    return [alert for alert in alerts if alert.source != SOURCE]


def of_rule(rule: RuleState) -> Signal:
    """The light of one rule."""
    text = str(rule.says)
    if rule.status == "unknown":
        return Signal("grey", gettext("Unknown"), text)
    if rule.status == "alert":
        return _of_alert(rule.level, text)
    if rule.flagged:
        return Signal("amber", gettext("Flagged"), text)
    return Signal("green", gettext("In order"), text)


def carrier(versions: Sequence[Version], alias: str) -> Version | None:
    """The version that carries an alias."""
    return next((version for version in versions if alias in version.aliases), None)


def approved(version: Version) -> bool:
    """Whether a reviewer approved this version."""
    return version.review is not None and version.review.verdict == "approved"


def _without_champion(kind: str, versions: Sequence[Version]) -> str:
    """What answers in its place, and which version could become champion: none that was retired or refused."""
    answering = carrier(versions, BASELINE)
    waiting = carrier(versions, CHALLENGER) or (None if answering else versions[0])
    if waiting is not None and waiting.review is not None and waiting.review.verdict == "refused":
        waiting = None
    baseline, todo = "", gettext("train another: regulars train %s") % kind
    if answering:
        values = {"version": answering.version, "baseline": answering.best_baseline}
        baseline = gettext("the best baseline of version %(version)s, %(baseline)s, answers") % values
    if waiting:
        names = {"version": waiting.version, "kind": kind}
        todo = gettext("version %(version)s waits: regulars promote %(kind)s %(version)s") % names
    return "; ".join(part for part in (baseline, todo) if part)


def _of_rules(champion: Version, rules: Sequence[RuleState]) -> Signal:
    if not rules:
        return Signal("grey", gettext("Not monitored"), gettext("run: regulars monitor"))
    decided = approved(champion)
    alerts = [rule for rule in rules if rule.status == "alert" and not (decided and rule.rule == FAIRNESS)]
    if alerts:
        return of_rule(max(alerts, key=lambda rule: rule.level))
    flagged = [rule.name for rule in rules if rule.flagged]
    if flagged:
        return Signal("amber", gettext("Look"), gettext("no alert; flagged: %s") % ", ".join(flagged))
    return Signal("green", gettext("In order"), gettext("no rule raises an alert"))


def _of_alert(level: int, text: str) -> Signal:
    return Signal("red", gettext("Act"), text) if level >= SEVERE else Signal("amber", gettext("Look"), text)
