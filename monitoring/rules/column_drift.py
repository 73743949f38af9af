"""What drift says of a model's columns."""

from __future__ import annotations

from core.messages import Message
from core.settings import Rules
from monitoring.results import DriftResult, RuleState


def drift(kind: str, result: DriftResult | None, rules: Rules) -> RuleState:
    """Alert when more than `drift_share` of the columns moved."""
    if result is None or not result.columns:
        return RuleState("drift", kind, kind, "unknown", Message("rule.drift.nothing"))
    moved = [column.column for column in result.drifted]
    values = {"moved": moved, "columns": len(result.columns), "share": result.share, "limit": rules.drift_share}
    says = Message("rule.drift", values)
    if result.share > rules.drift_share:
        return RuleState("drift", kind, kind, "alert", says, Message("rule.drift.effect"), level=2)
    return RuleState("drift", kind, kind, "ok", says)
