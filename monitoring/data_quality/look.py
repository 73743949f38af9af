"""What every measure looks at: the tables of one generation, and what the last readings told.

What is counted of all rows is counted on the engine that computes features; where a few of them stand in the shop's own
files, and what the files' statistics say, is looked up in the embedded one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import ibis.expr.types as ir
import pandas as pd

from core import row_places
from core.row_places import POSITION, READING
from core.workspace import Workspace
from monitoring.data_quality.quality_report import Intake

EXAMPLES = 3
ShopTable = Callable[[str], ir.Table]
"""One of the contract's tables, by its name, on the engine that computes features."""


@dataclass(frozen=True)
class TablesRead:
    """A pinned workspace, and an embedded connection with a view of each of its tables."""

    workspace: Workspace
    connection: duckdb.DuckDBPyConnection

    def has(self, *tables: str) -> bool:
        """Whether all of these tables are there."""
        return all(map(self.workspace.tables.has, tables))


@dataclass(frozen=True)
class Look(TablesRead):
    """The same with the engine that computes features: `table` gives one of its tables, `frame` the rows of an
    expression of them. `today` is the shop's present day.
    """

    table: ShopTable
    frame: Callable[[ir.Table], pd.DataFrame]
    intakes: Mapping[str, Intake]
    today: date

    def brings(self, table: str, *columns: str) -> bool:
        """Whether the shop brings all of these columns of a table; any, where nobody knows."""
        intake = self.intakes.get(table)
        return self.has(table) and (intake is None or set(columns) <= set(intake.brought))

    def numbers(self, counts: ir.Table) -> tuple[int, ...]:
        """The one row of counts that an expression yields; none is 0."""
        [row] = self.frame(counts).itertuples(index=False, name=None)
        return tuple(0 if pd.isna(value) else int(value) for value in row)

    def places(self, table: str, condition: str) -> tuple[str, ...]:
        """Where a few of the rows of a table stand for which a condition holds; () where nobody noted it."""
        rows = row_places.placed_rows(self.workspace, table)
        found = self.connection.execute(
            f"SELECT {READING}, {POSITION} FROM ({rows}) AS t WHERE {READING} IS NOT NULL AND {condition}"
            f" ORDER BY {READING}, {POSITION} LIMIT {EXAMPLES}"
        ).fetchall()
        known = row_places.readings(self.workspace)
        return tuple(known[reading].place(position) for reading, position in found if reading in known)
