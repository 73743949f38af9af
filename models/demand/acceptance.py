"""Forecasts that a reviewer has looked at and accepted: until then the service says `needs_review` of them.

What is accepted is the total of a series over the horizon. It holds for every later forecast, of any version and as of
any date, whose total stays near it: a planner who knows of a hot summer need not say so anew each day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core import utc
from core.audit import AuditLog
from core.errors import UsageError
from core.reasons import reason_given
from core.state.schema import ACCEPTED_FORECASTS
from core.workspace import Workspace

_LEAST_CHANGE = 1.0
"""A change of so many units over the horizon is none, however small the total."""


@dataclass(frozen=True)
class Totals:
    """What a version forecasts as of a date: the units of each series over the horizon, by its id."""

    version: str
    as_of: date
    horizon_days: int
    units: Mapping[str, float]


class Acceptances:
    """The accepted forecasts of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._engine = workspace.database

    def accept(self, totals: Totals, series: Sequence[str], who: str, reason: str) -> int:
        """Accept the totals of some series, with an entry in the audit log first.

        Returns how many were not accepted before.

        Raises:
            UsageError: no series, no reason, or a long one.
        """
        if not series:
            raise UsageError("no forecast is chosen", todo="choose at least one")
        reason = reason_given(reason)
        new = sorted(set(series) - self.accepted(totals))
        units = {name: round(totals.units[name], 1) for name in new}
        details = {
            "as_of": totals.as_of.isoformat(),
            "horizon_days": totals.horizon_days,
            "units": units,
            "reason": reason,
        }
        AuditLog(self._workspace).append("accept forecasts", who, f"demand/{totals.version}", details)
        if new:
            self._keep(totals, new, who)
        return len(new)

    def accepted(self, totals: Totals) -> frozenset[str]:
        """The ids of the series whose total is near the one accepted last (`rules.accepted_change`)."""
        most = self._workspace.settings.rules.accepted_change
        found = self._last(totals)
        return frozenset(
            name
            for name, units in totals.units.items()
            if name in found and abs(units - found[name]) <= max(most * found[name], _LEAST_CHANGE)
        )

    def _last(self, totals: Totals) -> dict[str, float]:
        """The total accepted last per series, over the same horizon.

        An acceptance of a release that kept no totals holds for its version and date.
        """
        table = ACCEPTED_FORECASTS.c
        same = sa.and_(table.version == totals.version, table.as_of == totals.as_of.isoformat())
        query = sa.select(table.series_id, table.units).order_by(table.at, table.as_of)
        query = query.where(sa.or_(table.horizon_days == totals.horizon_days, sa.and_(table.units.is_(None), same)))
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {name: totals.units.get(name, 0.0) if units is None else units for name, units in rows}

    def _keep(self, totals: Totals, series: Sequence[str], who: str) -> None:
        key = {"version": totals.version, "as_of": totals.as_of.isoformat()}
        said = {"horizon_days": totals.horizon_days, "who": who, "at": utc.text(precision="microseconds")}
        rows = [{**key, **said, "series_id": name, "units": totals.units[name]} for name in series]
        build = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        insert = build(ACCEPTED_FORECASTS)
        renewed = {name: insert.excluded[name] for name in ("units", *said)}
        with self._engine.begin() as connection:
            key_columns = ["version", "as_of", "series_id"]
            connection.execute(insert.on_conflict_do_update(index_elements=key_columns, set_=renewed), rows)
