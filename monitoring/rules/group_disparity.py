"""What the disparities between groups say of a version."""

from __future__ import annotations

from core.messages import Message
from models.fairness_result import FairnessResult
from monitoring.results import RuleState

FAIRNESS = "fairness"


def fairness(kind: str, result: FairnessResult | None) -> RuleState:
    """Alert when a group's disparity is large and certain: the version is blocked until a reviewer decides."""
    if result is None or result.state == "not measured":
        why = result.note if result else None
        return RuleState(FAIRNESS, kind, kind, "unknown", why or Message("rule.fairness.nothing"))
    flagged = sorted(result.flagged, key=lambda f: abs((f.ratio or 1) - 1), reverse=True)
    values = {
        "judged": sum(figure.verdict in ("ok", "flagged") for figure in result.figures),
        "few": sum(figure.verdict == "too few to judge" for figure in result.figures),
        "flagged": [figure.sentence() for figure in flagged],
    }
    says = Message("rule.fairness", values)
    if not flagged:
        return RuleState(FAIRNESS, kind, kind, "ok", says)
    effect = Message("rule.fairness.effect", {"kind": kind})
    return RuleState(FAIRNESS, kind, kind, "alert", says, effect, level=3)
