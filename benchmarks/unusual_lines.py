"""The learned check on a shop's real lines with planted errors: precision and recall beside the rules, and its cost.

    .venv/bin/python benchmarks/unusual_lines.py WORKSPACE

WORKSPACE has tables (`regulars ingest`); nothing in it is changed. Of the lines 0.16% get an error. What is flagged and
was not planted counts as wrong, though real errors may be among it: precision is a lower bound.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from core import query_engine, row_places
from core.row_places import NUMBER
from core.workspace import Workspace
from pipelines import unusual
from pipelines.ingest import outliers

ERRORS = {
    "price x100": "revenue = revenue * 100",
    "price /100": "revenue = revenue / 100",
    "quantity x1000": "quantity = quantity * 1000",
    "swapped columns": "quantity = revenue, revenue = quantity",
}
ONE_IN = 2_500
"""How rare each kind of error is."""
THRESHOLDS = (-0.68, -0.70, -0.72, -0.74)


def plant(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Put errors into the table `lines`; returns which line has which."""
    planted: dict[int, str] = {}
    for place, (kind, change) in enumerate(ERRORS.items()):
        chosen = f"hash(number * 7) % {ONE_IN} = {place} AND quantity > 0 AND revenue > 0"
        found = connection.execute(f"SELECT number FROM lines WHERE {chosen}").fetchall()
        planted |= {number: kind for (number,) in found}
        connection.execute(f"UPDATE lines SET {change} WHERE {chosen}")
    return planted


def say(name: str, found: Collection[int], planted: Mapping[int, str]) -> None:
    right = [planted[number] for number in found if number in planted]
    recall = ", ".join(f"{kind} {right.count(kind) / list(planted.values()).count(kind):.3f}" for kind in ERRORS)
    print(f"{name}: flagged {len(found):,}, precision {len(right) / max(len(found), 1):.3f}; recall: {recall}")


def by_rules(connection: duckdb.DuckDBPyConnection) -> set[int]:
    joined, conditions = outliers.rules(connection, "lines", "number")
    query = f"SELECT number {joined} WHERE {' OR '.join(f'({each})' for each in conditions.values())}"
    return {number for (number,) in connection.execute(query).fetchall()}


def learned(connection: duckdb.DuckDBPyConnection, seed: int) -> set[int]:
    return {line.number for line in unusual.find(connection, "SELECT * FROM lines", seed)}


def main(workspace: Workspace) -> None:
    with query_engine.connect(workspace) as connection:
        rows = row_places.numbered_rows(workspace, "orders")
        columns = f"{NUMBER} AS number, day, customer_id, product_id, quantity, revenue"
        connection.execute(f"CREATE TEMP TABLE lines AS SELECT {columns} FROM ({rows})")
        learned(connection, 0)  # imports what it needs
        started = time.process_time()
        print(f"as it is: flagged {len(learned(connection, 0)):,}; {time.process_time() - started:.1f} CPU s")
        planted = plant(connection)
        rules = by_rules(connection)
        say("rules", rules, planted)
        for threshold in THRESHOLDS:
            unusual.THRESHOLD = threshold
            say(f"learned, below {threshold}", learned(connection, 0), planted)
        unusual.THRESHOLD = -0.72
        found = learned(connection, 1)
        say("learned, below -0.72, another seed", found, planted)
        say("both", found & rules, planted)
        say("either", found | rules, planted)


if __name__ == "__main__":
    main(Workspace.open(Path(sys.argv[1])))
