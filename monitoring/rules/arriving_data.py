"""What checks of arriving data and of a model's inputs say: one that fails is an alert like any other."""

from __future__ import annotations

from collections.abc import Sequence

from core.messages import Message
from monitoring.results import QualityCheck, RuleState

DATA, INPUTS = "data", "inputs"
_SEVERE_SHARE = 0.2


def data(checks: Sequence[QualityCheck]) -> list[RuleState]:
    """One state per check of the shop's data; one that touches a fifth of the revenue, or a silent feed, is severe."""
    return [_of_check(check) for check in checks]


def inputs(kind: str, checks: Sequence[QualityCheck]) -> RuleState:
    """Alert where features of a model went missing or became constant."""
    failed = [check for check in checks if not check.passed]
    if not checks:
        return RuleState(INPUTS, kind, kind, "unknown", Message("rule.inputs.nothing"))
    values = {"checks": len(checks), "failed": [f"{check.name}: {check.says}" for check in failed]}
    says = Message("rule.inputs", values)
    if not failed:
        return RuleState(INPUTS, kind, kind, "ok", says)
    effect = Message("rule.inputs.effect")
    return RuleState(INPUTS, kind, kind, "alert", says, effect, level=2, size=sum(check.value for check in failed))


def _of_check(check: QualityCheck) -> RuleState:
    subject = _subject(check)
    says = Message("rule.data", {"check": check.name, "says": check.says.as_dict()})
    if not check.judged:
        return RuleState(DATA, subject, None, "unknown", says)
    if check.passed:
        items = tuple(check.says.values.get("names", ())) if check.check.startswith("silent") else ()
        return RuleState(DATA, subject, None, "ok", says, items=items)
    touched = check.touched
    severe = check.check == "feed" or bool(touched and (touched.revenue_share or 0.0) >= _SEVERE_SHARE)
    effect = Message("rule.data.effect") if check.check != "feed" else Message("rule.data.feed")
    size = abs(check.value - (check.before or 0.0))
    return RuleState(
        DATA,
        subject,
        None,
        "alert",
        says,
        effect,
        level=3 if severe else 2,
        since=check.since,
        touched=touched,
        size=size,
    )


def _subject(check: QualityCheck) -> str:
    """Two checks of the same kind are about two tables."""
    table = check.says.values.get("table")
    return f"{check.check}: {table}" if table else check.check
