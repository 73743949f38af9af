"""The rule of drift: any column that moved, beyond chance and beyond its margin, asks for somebody."""

from __future__ import annotations

from core.messages import Message
from core.settings import Rules
from monitoring.results import ColumnDrift, DriftResult, RuleState


def drift(kind: str, result: DriftResult | None, rules: Rules) -> RuleState:
    """Alert when a column moved, more severely when more than `drift_share` of them did."""
    if result is None or not result.columns:
        return RuleState("drift", kind, kind, "unknown", Message("rule.drift.nothing"))
    moved = result.drifted
    values = {
        "moved": [_moved(column) for column in moved],
        "columns": len(result.columns),
        "touched": max((column.touched for column in moved), default=0),
        "rows": result.rows,
        "since": str(min((column.since for column in moved if column.since), default="")),
    }
    says = Message("rule.drift", values)
    if not moved:
        return RuleState("drift", kind, kind, "ok", says)
    level = 3 if result.share > rules.drift_share else 2
    return RuleState("drift", kind, kind, "alert", says, Message("rule.drift.effect"), level=level)


def _moved(column: ColumnDrift) -> str:
    """A column with what moved of it: `revenue_28d (location +0.31)`."""
    what = f"{column.test} {column.value}".strip()
    return f"{column.column} ({what}{f' {column.change:+.2f}' if column.test != 'vanished' else ''})"
