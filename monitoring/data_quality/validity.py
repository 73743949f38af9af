"""Validity: how many rows of the source passed the checks when it was read last; what is only flagged costs nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from core.messages import Message
from feature_repo.contract import TABLES
from monitoring.data_quality.look import Look
from monitoring.data_quality.quality_report import Finding, Intake


def validity(look: Look, table: str) -> Iterator[Finding]:
    """The table's rows, and in detail the columns whose values were bad."""
    intake = look.intakes.get(table)
    if intake is None or not intake.considered:
        return
    reasons = sorted(intake.set_aside, key=lambda reason: -intake.set_aside[reason])
    values = {"bad": intake.bad, "rows": intake.considered, "reasons": reasons}
    yield Finding(
        "validity",
        table,
        "rows",
        intake.bad,
        intake.considered,
        Message("quality.valid", values),
        Message("quality.valid.todo", {"table": table}),
    )
    if intake.flagged:
        yield _flagged(look, intake)
    by_column: dict[str, list[str]] = defaultdict(list)
    for reason in reasons:
        column = reason.partition(" ")[0]
        if column in TABLES[table].names:
            by_column[column].append(reason)
    for column, named in by_column.items():
        bad = sum(intake.set_aside[reason] for reason in named)
        yield Finding(
            "validity",
            table,
            "values",
            min(bad, intake.considered),
            intake.considered,
            Message("quality.valid", {"bad": bad, "rows": intake.considered, "reasons": named}),
            Message("quality.valid.todo", {"table": table}),
            column=column,
            counts=False,
        )


def _flagged(look: Look, intake: Intake) -> Finding:
    """Rows that are valid and unusual; a row may be flagged for several reasons."""
    rows, most = look.workspace.tables.rows(intake.table), max(intake.flagged.values())
    reasons = [f"{reason} {count:,}" for reason, count in intake.flagged.items()]
    return Finding(
        "validity",
        intake.table,
        "flagged",
        min(most, rows),
        rows,
        Message("quality.flagged", {"reasons": reasons}),
        Message("quality.flagged.todo", {}),
        counts=False,
    )
