"""The summaries of monitoring runs in the database: what the desk shows and what «days in a row» counts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.schema import ensure
from core.workspace import Workspace
from monitoring.outcome import MonitorReport

Document = dict[str, Any]

_METADATA = sa.MetaData()
_TABLE = sa.Table(
    "monitoring_runs",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("as_of", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)


class Summaries:
    """The runs of a workspace; several of one day are all kept, and the last one speaks for the day."""

    def __init__(self, workspace: Workspace) -> None:
        self._engine = workspace.database
        ensure(self._engine, _METADATA)

    def append(self, report: MonitorReport) -> None:
        """Keep a run."""
        text = json.dumps(report.as_document(), allow_nan=False)
        with self._engine.begin() as connection:
            connection.execute(_TABLE.insert().values(as_of=report.as_of.isoformat(), at=report.at, document=text))

    def latest(self) -> Document | None:
        """The run of the latest day, or None before the first."""
        found = self.history(last=1)
        return found[-1] if found else None

    def history(self, last: int = 60, before: date | None = None) -> list[Document]:
        """The last run of each of the latest days (strictly before `before`), the oldest first."""
        newest = sa.select(sa.func.max(_TABLE.c.id)).group_by(_TABLE.c.as_of)
        query = sa.select(_TABLE.c.document).where(_TABLE.c.id.in_(newest)).order_by(_TABLE.c.as_of.desc()).limit(last)
        if before is not None:
            query = query.where(_TABLE.c.as_of < before.isoformat())
        with self._engine.connect() as connection:
            return [json.loads(text) for (text,) in reversed(connection.execute(query).all())]


def model_entry(document: Document, kind: str) -> Document | None:
    """What a run found about one model; None where it did not look at it."""
    return next((entry for entry in document["models"] if entry["kind"] == kind), None)
