"""What the disparities between groups say of a version."""

from __future__ import annotations

from core.messages import Message
from core.settings import Rules
from models.fairness_result import JUDGED, FairnessResult
from monitoring.results import RuleState

FAIRNESS = "fairness"


def fairness(kind: str, result: FairnessResult | None, rules: Rules) -> RuleState:
    """Alert when a group's disparity is large and certain: the version is blocked until a reviewer decides.

    Customers without an attribute who surely lie far from those with it are named: nobody is asked for.
    """
    if result is None or result.state == "not measured":
        why = result.note if result else None
        return RuleState(FAIRNESS, kind, kind, "unknown", why or Message("rule.fairness.nothing"))
    flagged = sorted(result.flagged, key=lambda f: abs((f.ratio or 1) - 1), reverse=True)
    apart = result.unknown_apart(rules.fairness_low, rules.fairness_high)
    values = {
        "judged": sum(figure.verdict in JUDGED for figure in result.figures),
        "few": sum(figure.verdict == "too few to judge" for figure in result.figures),
        "flagged": [figure.sentence() for figure in flagged],
        "watched": [figure.sentence() for figure in result.figures if figure.verdict == "not certain yet"],
        "apart": [figure.sentence() for figure in apart],
    }
    says = Message("rule.fairness", values)
    if not flagged:
        effect = Message("rule.fairness.apart") if apart else None
        return RuleState(FAIRNESS, kind, kind, "ok", says, effect, items=tuple(figure.sentence() for figure in apart))
    effect = Message("rule.fairness.effect", {"kind": kind})
    return RuleState(FAIRNESS, kind, kind, "alert", says, effect, level=3)
