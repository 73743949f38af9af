"""Groups and stages of customers over the last months, and the movements of the last one."""

from __future__ import annotations

from datetime import date

import pandas as pd

from core.workspace import Workspace
from models.segments.group_history import group_history, month_days, months_moved
from models.segments.group_month import By
from models.segments.movements import ORDER
from monitoring.results import Movement, SegmentsReport

HANDFUL = 5
"""Of fewer customers no revenue is told."""


def measure(workspace: Workspace, as_of: date) -> SegmentsReport:
    """Look at the same day of the last twelve months, each by the facts before it."""
    days = month_days(as_of, workspace.tables.first_day()) or [as_of]
    months, members = group_history(workspace, days)
    before = days[-2] if len(days) > 1 else None
    movements = [
        move for by in ORDER if before for move in _moves(months_moved(workspace, members, before, as_of, by), by)
    ]
    return SegmentsReport(tuple(months), before, as_of, tuple(movements))


def _moves(table: pd.DataFrame, by: By) -> list[Movement]:
    columns = (table[name].tolist() for name in ("origin", "target", "customers", "share", "revenue"))
    return [
        Movement(by, origin, target, customers, share, revenue if customers >= HANDFUL else None)
        for origin, target, customers, share, revenue in zip(*columns, strict=True)
    ]
