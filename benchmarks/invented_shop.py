"""Workspaces whose tables are queries: shops of any size, as an ingest would leave them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from core import query_engine, settings_template
from core.expressions import literal
from core.manifest import TableChange
from core.workspace import SETTINGS_FILE, Workspace
from feature_repo.contract import TABLES


def make(root: Path, tables: Mapping[str, tuple[str, int]], first: date, last: date) -> Workspace:
    """A workspace with these tables, each from its query and the number of its rows.

    Args:
        root: a folder that is not there yet.
        tables: a column that a query does not name is null.
        first: the first day of the orders.
        last: their last.
    """
    root.mkdir()
    (root / SETTINGS_FILE).write_text(settings_template.render())
    workspace = Workspace.open(root)
    changes = {}
    for name, (query, rows) in tables.items():
        path = workspace.tables_dir / name / f"{name}.parquet"
        path.parent.mkdir(parents=True)
        with query_engine.connect(workspace) as connection:
            connection.execute(f"COPY ({_stored(name, query)}) TO {literal(str(path))} (FORMAT parquet)")
        days = (first, first, last) if name == "orders" else (None, None, None)
        changes[name] = TableChange([path], rows, *days)
    workspace.table_store.commit(changes, timezone="UTC", base_currency="GBP")
    return Workspace.open(root)


def _stored(table: str, query: str) -> str:
    """The query's rows with every stored column of the table, in its type."""
    with query_engine.without_workspace() as connection:
        have = {row[0] for row in connection.execute(f"DESCRIBE {query}").fetchall()}
    told = (
        f'CAST({name if name in have else "NULL"} AS {kind}) AS "{name}"' for name, kind in TABLES[table].stored.items()
    )
    return f"SELECT {', '.join(told)} FROM ({query})"
