"""Completeness: how many cells of each column that the shop brings are filled. The files' own statistics tell it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.expressions import literal, quote
from core.messages import Message
from feature_repo.contract import TABLES
from monitoring.data_quality.look import Look, TablesRead
from monitoring.data_quality.quality_report import Finding

MEANT_EMPTY = {
    ("orders", "currency"),
    ("orders", "line_id"),
    ("orders", "discount"),
    ("products", "available"),
    ("products", "high_risk"),
    ("campaigns", "known_from"),
    ("promotions", "store_id"),
    ("promotions", "region"),
    ("promotions", "known_from"),
    ("calendar", "region"),
    ("calendar", "known_from"),
    ("stock", "on_order"),
    ("stock", "store_id"),
    ("stock", "region"),
    ("deliveries", "problem"),
    ("tickets", "answered_at"),
    ("tickets", "closed_at"),
    ("contacts", "channel"),
    ("contacts", "offer"),
    ("contacts", "cost"),
    *(("identities", name) for name in TABLES["identities"].names),
}
"""Columns whose empty cells say something (everywhere, no discount, nothing wrong, held out): shown, and not counted.

Nobody has every kind of key that tells who somebody is.
"""


def completeness(look: Look, table: str) -> Iterator[Finding]:
    """Each column that the shop brings."""
    rows = look.workspace.tables.rows(table)
    empty = empty_cells(look, table)
    intake = look.intakes.get(table)
    brought = intake.brought if intake else [name for name, count in empty.items() if count < rows]
    for name in (name for name in TABLES[table].names if name in brought):
        values = {"column": name, "empty": empty[name], "rows": rows, "what": TABLES[table].column(name).description}
        yield Finding(
            "completeness",
            table,
            "filled",
            empty[name],
            rows,
            Message("quality.filled", values),
            Message("quality.filled.todo", {"table": table, "column": name}),
            column=name,
            counts=(table, name) not in MEANT_EMPTY,
        )


def empty_cells(look: TablesRead, table: str) -> dict[str, int]:
    """How many cells of each column of the contract are empty."""
    files = ", ".join(literal(str(path)) for path in look.workspace.tables.files(table))
    told = look.connection.execute(
        "SELECT path_in_schema, sum(stats_null_count), bool_or(stats_null_count IS NULL)"
        f" FROM parquet_metadata([{files}]) GROUP BY 1"
    ).fetchall()
    known = {name: int(count) for name, count, lacking in told if not lacking}
    names = TABLES[table].names
    unknown = [name for name in names if name not in known]
    return {name: known.get(name, 0) for name in names} | _counted_cells(look, table, unknown)


def _counted_cells(look: TablesRead, table: str, columns: Sequence[str]) -> dict[str, int]:
    """The same of columns of which the files say nothing."""
    if not columns:
        return {}
    counts = ", ".join(f"count(*) - count({quote(name)})" for name in columns)
    [row] = look.connection.execute(f"SELECT {counts} FROM {table}").fetchall()
    return dict(zip(columns, row, strict=True))
