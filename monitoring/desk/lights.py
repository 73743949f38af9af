"""The traffic light of a model: one colour, one word and one sentence, from its versions and the latest run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.alerts import Alert
from models.version import CHALLENGER, CHAMPION, Version
from monitoring.outcome import LEVELS, SOURCE, Light

OF_MODEL = {
    "drift": None,
    "quality": None,
    "fairness": None,
    "surge": "demand",
    "needs review": "demand",
    "churn tiers": "churn",
    "recommendations": "recommendation",
}
"""Which rules speak of one model; those without a fixed model name it as their subject."""


@dataclass(frozen=True)
class Signal:
    """A light with what it says; the word stands beside the colour, so that nobody has to see the colour."""

    light: Light
    word: str
    text: str


def of_model(
    kind: str,
    versions: Sequence[Version],
    rules: Sequence[Mapping[str, Any]],
    alerts: Sequence[Alert] = (),
    unwatched: str = "",
) -> Signal:
    """Red: blocked, or a severe alert. Amber: somebody should look. Grey: nothing there yet.

    `rules` are those about this model; `unwatched` says why they speak of another version, if they do.
    """
    own = [alert for alert in of_others(alerts) if alert.kind == kind]
    if own:
        worst = max(own, key=lambda alert: LEVELS.index(alert.level) if alert.level in LEVELS else 0)
        text = f"{worst.source}: {worst.text}"
        return Signal("red", "Act", text) if worst.level == LEVELS[-1] else Signal("amber", "Look", text)
    if not versions:
        return Signal("grey", "No version", f"train one: regulars train {kind}")
    champion = carrier(versions, CHAMPION)
    if champion is None:
        challenger = carrier(versions, CHALLENGER) or versions[0]
        todo = f"regulars promote {kind} {challenger.version}"
        return Signal("amber", "No champion", f"version {challenger.version} waits: {todo}")
    if champion.tags.get("fairness") == "blocked" and not approved(champion):
        return Signal("red", "Blocked", f"version {champion.version} has a disparity that nobody has decided on")
    if unwatched:
        return Signal("grey", "Not monitored", f"{unwatched}; run: regulars monitor")
    return _of_rules(champion, rules)


def of_others(alerts: Sequence[Alert]) -> list[Alert]:
    """The alerts of the registry and of the service; those of monitoring are rules, shown as such."""
    return [alert for alert in alerts if alert.source != SOURCE]


def _of_rules(champion: Version, rules: Sequence[Mapping[str, Any]]) -> Signal:
    if not rules:
        return Signal("grey", "Not monitored", "run: regulars monitor")
    decided = approved(champion)
    alerts = [r for r in rules if r["status"] == "alert" and not (decided and r["rule"] == "fairness")]
    if not alerts:
        flagged = [rule["rule"] for rule in rules if flags(rule)]
        if flagged:
            return Signal("amber", "Look", f"no alert; flagged: {', '.join(flagged)}")
        return Signal("green", "In order", "no rule raises an alert")
    worst = max(alerts, key=lambda rule: rule["level"])
    return Signal("red", "Act", worst["text"]) if worst["level"] >= 3 else Signal("amber", "Look", worst["text"])


def of_rule(rule: Mapping[str, Any]) -> Signal:
    """The light of one rule."""
    if rule["status"] == "unknown":
        return Signal("grey", "Unknown", rule["text"])
    if rule["status"] == "ok":
        return Signal("amber", "Flagged", rule["text"]) if flags(rule) else Signal("green", "In order", rule["text"])
    return Signal("red", "Act", rule["text"]) if rule["level"] >= 3 else Signal("amber", "Look", rule["text"])


def flags(rule: Mapping[str, Any]) -> bool:
    """Whether a kept rule names something without being an alert (see `RuleState.flagged`)."""
    return rule["status"] == "ok" and bool(rule.get("items"))


def about(kind: str, rules: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rules that speak of one model."""
    return [rule for rule in rules if rule["rule"] in OF_MODEL and (OF_MODEL[rule["rule"]] or rule["subject"]) == kind]


def carrier(versions: Sequence[Version], alias: str) -> Version | None:
    """The version that carries an alias."""
    return next((version for version in versions if alias in version.aliases), None)


def approved(version: Version) -> bool:
    """Whether a reviewer approved this version."""
    return version.review is not None and version.review.verdict == "approved"
