"""What a version's metric on the last complete window says."""

from __future__ import annotations

from typing import Any

from core.messages import Message
from core.settings import Rules
from monitoring.results import Performance, RuleState

_SPOKEN_OF_PERFORMANCE = ("metric", "value", "floor", "floor_name", "below", "of_evaluation")


def quality(kind: str, performance: Performance | None, days: int, rules: Rules) -> RuleState:
    """Alert when the metric is below its floor for `quality_days` in a row; `days` counts up to today."""
    needed = rules.quality_days
    if performance is None or performance.floor is None:
        return RuleState("quality", kind, kind, "unknown", Message("rule.quality.nothing"), needed=needed)
    values: dict[str, Any] = {name: getattr(performance, name) for name in _SPOKEN_OF_PERFORMANCE}
    says = Message("rule.quality", values | {"days": days, "needed": needed})
    if not performance.below:
        return RuleState("quality", kind, kind, "ok", says, needed=needed)
    if days < needed:
        watch = Message("rule.quality.watch")
        return RuleState("quality", kind, kind, "ok", says, watch, days=days, needed=needed)
    effect = Message("rule.quality.effect", {"kind": kind})
    return RuleState("quality", kind, kind, "alert", says, effect, 3, days, needed)
