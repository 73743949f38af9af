"""What every measure looks at: the tables of one generation in an engine, and what the last readings told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from core import row_places
from core.row_places import POSITION, READING
from core.workspace import Workspace
from monitoring.data_quality.quality_report import Intake

EXAMPLES = 3


@dataclass(frozen=True)
class Look:
    """A connection with a view of every table, of a pinned workspace; `today` is the shop's present day."""

    workspace: Workspace
    connection: duckdb.DuckDBPyConnection
    intakes: Mapping[str, Intake]
    today: date

    def has(self, *tables: str) -> bool:
        """Whether all of these tables are there."""
        return all(map(self.workspace.tables.has, tables))

    def brings(self, table: str, *columns: str) -> bool:
        """Whether the shop brings all of these columns of a table; any, where nobody knows."""
        intake = self.intakes.get(table)
        return self.has(table) and (intake is None or set(columns) <= set(intake.brought))

    def numbers(self, sql: str) -> tuple[int, ...]:
        """The one row of counts that a query yields."""
        [row] = self.connection.execute(sql).fetchall()
        return tuple(int(value or 0) for value in row)

    def places(self, table: str, condition: str) -> tuple[str, ...]:
        """Where a few of the rows of a table stand for which a condition holds; () where nobody noted it."""
        rows = row_places.placed_rows(self.workspace, table)
        found = self.connection.execute(
            f"SELECT {READING}, {POSITION} FROM ({rows}) AS t WHERE {READING} IS NOT NULL AND {condition}"
            f" ORDER BY {READING}, {POSITION} LIMIT {EXAMPLES}"
        ).fetchall()
        known = row_places.readings(self.workspace)
        return tuple(known[reading].place(position) for reading, position in found if reading in known)
