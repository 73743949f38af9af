"""Order lines that are kept and should be looked at: found by rules, by the learned check, or by both.

What the learned check found at the last review is kept as places in the source (`lineage/unusual.json`); what the rules
find is looked up when somebody asks.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass

import duckdb

from core import query_engine, row_places
from core.files import write_atomically
from core.row_places import NUMBER, POSITION, READING
from core.workspace import Workspace, of_one_generation
from pipelines import unusual
from pipelines.ingest import outliers
from pipelines.unusual import UnusualLine

FILE = "unusual.json"


@dataclass(frozen=True)
class FlaggedLine:
    """One line: where it stands, the shop's day, and why it was flagged. Two reasons are a double check."""

    place: str
    day: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Learned:
    """What the learned check found in a generation of the tables."""

    generation: int
    most: int
    lines: list[UnusualLine]


@of_one_generation
def learn(workspace: Workspace, most: int = unusual.AT_INGEST) -> int:
    """Run the learned check over the latest `most` lines in force and keep what it found; returns how many lines.

    What was found in the same lines, or in more of them, holds.

    Raises:
        NotReady: nothing has been ingested.
    """
    workspace.tables.entry("orders")
    kept = _kept(workspace)
    if kept is not None and kept.generation == workspace.tables.generation and kept.most >= most:
        return len(kept.lines)
    rows = row_places.numbered_rows(workspace, "orders")
    lines = f"SELECT {NUMBER} AS number, day, customer_id, product_id, quantity, revenue FROM ({rows})"
    with query_engine.connect(workspace) as connection:
        found = unusual.find(connection, lines, workspace.settings.seed, most)
    kept = _Learned(workspace.tables.generation, most, found)
    write_atomically(workspace.lineage_dir / FILE, json.dumps(asdict(kept)), 0o600)
    return len(found)


@of_one_generation
def listed(workspace: Workspace, limit: int) -> tuple[list[FlaggedLine], dict[str, int]]:
    """The flagged lines, those with several reasons first and the latest before others; and how many have which.

    Raises:
        NotReady: nothing has been ingested.
    """
    learn(workspace, unusual.WHEN_ASKED)
    kept = _kept(workspace)
    lines = kept.lines if kept else []
    with query_engine.connect(workspace) as connection:
        reasons = _by_rules(connection, row_places.numbered_rows(workspace, "orders"))
        for line in lines:
            reasons.setdefault(line.number, []).append(f"{unusual.REASON} ({line.fact})")
        counts = Counter(reason.partition(" (")[0] for each in reasons.values() for reason in each)
        return _described(connection, workspace, reasons, limit), dict(counts)


def _described(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, reasons: dict[int, list[str]], limit: int
) -> list[FlaggedLine]:
    known = row_places.readings(workspace)
    rows = connection.execute(
        f"SELECT {NUMBER}, day, {READING}, {POSITION} FROM ({row_places.placed_rows(workspace, 'orders')})"
        f" WHERE {NUMBER} IN (SELECT unnest(?))",
        [list(reasons)],
    ).fetchall()
    rows.sort(key=lambda row: (-len(reasons[row[0]]), -row[1].toordinal(), row[0]))
    return [
        FlaggedLine(row_places.said(known.get(reading), position), day.isoformat(), tuple(reasons[number]))
        for number, day, reading, position in rows[:limit]
    ]


def _by_rules(connection: duckdb.DuckDBPyConnection, rows: str) -> dict[int, list[str]]:
    """The numbers of the lines that rules flag, with their reasons."""
    reasons: dict[int, list[str]] = {}
    joined, conditions = outliers.rules(connection, f"({rows})", NUMBER)
    for reason, condition in conditions.items():
        for (number,) in connection.execute(f"SELECT {NUMBER} {joined} WHERE {condition}").fetchall():
            reasons.setdefault(number, []).append(reason)
    return reasons


def _kept(workspace: Workspace) -> _Learned | None:
    try:
        content = json.loads((workspace.lineage_dir / FILE).read_text())
        return _Learned(content["generation"], content["most"], [UnusualLine(**line) for line in content["lines"]])
    except (OSError, ValueError, TypeError, KeyError):
        return None
