"""Figures of the shop off their baseline."""

from __future__ import annotations

from collections.abc import Sequence

from core.messages import Message
from core.settings import Rules
from monitoring.business import Figure
from monitoring.results import LEVELS, RuleState


def business(figures: Sequence[Figure], rules: Rules) -> list[RuleState]:
    """Alert when a figure is off its baseline on `business_days` in a row, by the mildest of those days."""
    by_name: dict[str, list[Figure]] = {}
    for figure in figures:
        by_name.setdefault(figure.name, []).append(figure)
    return [_business(name, sorted(days, key=lambda f: f.day), rules) for name, days in by_name.items()]


def _business(name: str, days: Sequence[Figure], rules: Rules) -> RuleState:
    latest, needed = days[-1], rules.business_days
    if latest.change is None:
        return RuleState("business", name, None, "unknown", Message("rule.business.nothing"), needed=needed)
    values = {"value": latest.value, "baseline": latest.baseline or 0.0, "change": latest.change}
    streak = [level(f.change, rules.business_change) for f in reversed(days)]
    off = next((i for i, each in enumerate(streak) if each == 0), len(streak))
    reached = min(streak[:needed]) if off >= needed else 0
    says = Message("rule.business", values | {"level": LEVELS[reached]})
    if not reached:
        return RuleState("business", name, None, "ok", says, days=off, needed=needed)
    effect = Message("rule.business.effect")
    return RuleState("business", name, None, "alert", says, effect, reached, off, needed)


def level(change: float | None, steps: Sequence[float]) -> int:
    """How far off: 0 within the first step, then 1 mild, 2 moderate, 3 severe."""
    return 0 if change is None else sum(abs(change) >= step for step in steps)
