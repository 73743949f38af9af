"""Orders, customers and revenue of the last week beside the weeks before: a loss shows before a month has passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb

from core.messages import Message
from core.workspace import Workspace
from monitoring.arrivals.usual_range import FEWEST_WEEKS, UsualRange
from monitoring.results import QualityCheck, Touched

WEEKS = 8
"""Fewer than for shares: a shop grows, and has seasons."""
_NAMES = ("week_orders", "week_customers", "week_revenue")


def checks(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> Iterator[QualityCheck]:
    """One check per figure."""
    rows = connection.execute(
        f"SELECT ((DATE '{as_of}' - day) - 1) // 7 AS back, count(DISTINCT order_id), count(DISTINCT customer_id),"
        " coalesce(sum(revenue), 0) FROM orders WHERE day >= $first AND day < $stop GROUP BY 1",
        {"first": as_of - timedelta(days=7 * (WEEKS + 1)), "stop": as_of},
    ).fetchall()
    weeks = {int(row[0]): row[1:] for row in rows}
    whole = min((as_of - workspace.tables.first_day()).days // 7 - 1, WEEKS)
    limit = workspace.settings.rules.week_change
    for place, name in enumerate(_NAMES):
        before = [float(weeks[back][place]) if back in weeks else 0.0 for back in range(1, whole + 1)]
        now = float(weeks[0][place]) if 0 in weeks else None
        yield _check(name, now, before, limit, as_of)


def _check(name: str, now: float | None, before: list[float], limit: float, as_of: date) -> QualityCheck:
    usual = UsualRange.of(before, 0.0)
    if now is None:
        return QualityCheck(name, 0.0, None, limit, True, Message("check.week.none"), judged=False)
    if usual is None or usual.median <= 0:
        says = Message("check.week.too_early", {"value": now, "more": max(FEWEST_WEEKS - len(before), 1)})
        return QualityCheck(name, now, None, limit, True, says, judged=False)
    change, tolerance = now / usual.median - 1, max(limit, usual.tolerance / usual.median)
    says = Message("check.week", {"value": now, "change": change, "usual": usual.median})
    if abs(change) <= tolerance:
        return QualityCheck(name, change, 0.0, tolerance, True, says)
    touched = Touched(revenue_share=min(abs(change), 1.0)) if name == "week_revenue" else None
    return QualityCheck(name, change, 0.0, tolerance, False, says, since=as_of - timedelta(days=7), touched=touched)
