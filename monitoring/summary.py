"""The summaries of monitoring runs in the database: what the desk shows and what «days in a row» counts."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from core.audit import person
from core.seals import Seals
from core.state.schema import MONITORING_RUNS
from core.workspace import Workspace
from monitoring import run_seal
from monitoring.results import MonitorReport


class Summaries:
    """The runs of a workspace; several of one day are all kept, and the last one speaks for the day."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._engine = workspace.database

    def append(self, report: MonitorReport) -> None:
        """Keep a run, and seal it with its full reports, in one transaction."""
        values = {"as_of": report.as_of.isoformat(), "at": report.at, "document": report.to_json()}
        items = run_seal.items(self._workspace, values)

        def write(connection: sa.Connection) -> tuple[str, dict[str, str]]:
            made = connection.execute(MONITORING_RUNS.insert().values(values))
            number = made.inserted_primary_key[0] if made.inserted_primary_key else 0
            return run_seal.name(number), items

        Seals(self._workspace).put_with(write, person())

    def latest(self) -> MonitorReport | None:
        """The run of the latest day, or None before the first."""
        found = self.history(last=1)
        return found[-1] if found else None

    def looks(self) -> list[date]:
        """The days of all runs, ascending."""
        query = sa.select(MONITORING_RUNS.c.as_of).distinct().order_by(MONITORING_RUNS.c.as_of)
        with self._engine.connect() as connection:
            return [date.fromisoformat(day) for (day,) in connection.execute(query)]

    def history(self, last: int = 60, before: date | None = None) -> list[MonitorReport]:
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
            return [MonitorReport.from_json(text) for (text,) in reversed(connection.execute(query).all())]
