"""Forecasts that a reviewer has looked at and accepted: until then the service says `needs_review` of them.

An acceptance holds for one version's forecast as of one date; the next forecast is another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core import utc
from core.audit import AuditLog
from core.errors import UsageError
from core.state.tables import ACCEPTED_FORECASTS
from core.workspace import Workspace


class Acceptances:
    """The accepted forecasts of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._engine = workspace.database

    def accept(self, version: str, as_of: date, series: Sequence[str], who: str, reason: str) -> int:
        """Accept forecasts, with an entry in the audit log first; returns how many were not accepted before.

        Raises:
            UsageError: no series, or no reason.
        """
        if not series:
            raise UsageError("no forecast is chosen", todo="choose at least one")
        if not reason.strip():
            raise UsageError("a reason is needed", todo="say in a sentence why they are right")
        new = sorted(set(series) - self.accepted(version, as_of))
        details = {"as_of": as_of.isoformat(), "series": new, "reason": reason.strip()}
        AuditLog(self._workspace).append("accept forecasts", who, f"demand/{version}", details)
        now = utc.text()
        key = {"version": version, "as_of": as_of.isoformat()}
        rows = [{**key, "series_id": name, "who": who, "at": now} for name in new]
        if rows:
            insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
            with self._engine.begin() as connection:
                connection.execute(insert(ACCEPTED_FORECASTS).on_conflict_do_nothing(), rows)
        return len(rows)

    def accepted(self, version: str, as_of: date) -> frozenset[str]:
        """The ids of the series whose forecast is accepted."""
        same = sa.and_(ACCEPTED_FORECASTS.c.version == version, ACCEPTED_FORECASTS.c.as_of == as_of.isoformat())
        with self._engine.connect() as connection:
            return frozenset(connection.execute(sa.select(ACCEPTED_FORECASTS.c.series_id).where(same)).scalars())
