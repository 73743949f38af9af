"""The summaries of monitoring runs in the database: what the desk shows and what «days in a row» counts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.state.schema import MONITORING_RUNS
from core.workspace import Workspace
from monitoring.outcome import MonitorReport

Document = dict[str, Any]


class Summaries:
    """The runs of a workspace; several of one day are all kept, and the last one speaks for the day."""

    def __init__(self, workspace: Workspace) -> None:
        self._engine = workspace.database

    def append(self, report: MonitorReport) -> None:
        """Keep a run."""
        text = json.dumps(report.as_document(), allow_nan=False)
        with self._engine.begin() as connection:
            connection.execute(
                MONITORING_RUNS.insert().values(as_of=report.as_of.isoformat(), at=report.at, document=text)
            )

    def latest(self) -> Document | None:
        """The run of the latest day, or None before the first."""
        found = self.history(last=1)
        return found[-1] if found else None

    def history(self, last: int = 60, before: date | None = None) -> list[Document]:
        """The last run of each of the latest days (strictly before `before`), the oldest first."""
        newest = sa.select(sa.func.max(MONITORING_RUNS.c.id)).group_by(MONITORING_RUNS.c.as_of)
        query = (
            sa.select(MONITORING_RUNS.c.document)
            .where(MONITORING_RUNS.c.id.in_(newest))
            .order_by(MONITORING_RUNS.c.as_of.desc())
            .limit(last)
        )
        if before is not None:
            query = query.where(MONITORING_RUNS.c.as_of < before.isoformat())
        with self._engine.connect() as connection:
            return [json.loads(text) for (text,) in reversed(connection.execute(query).all())]


def model_entry(document: Document, kind: str) -> Document | None:
    """What a run found about one model; None where it did not look at it."""
    return next((entry for entry in document["models"] if entry["kind"] == kind), None)
