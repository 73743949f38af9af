"""Columns that only the first row of an order fills (`fill_down`): the order's other rows take their value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import duckdb

from core.expressions import analyse, quote
from pipelines.ingest.conversion import trimmed
from pipelines.sources.source import ROW, Staged, TableSource


def filled(connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> Staged:
    """The staged relation with the columns of `fill_down` filled; as it is where there are none.

    An empty value becomes the first one in the same order, whatever the order of the rows. Where the order's own
    column is left empty, the row belongs to the order above it.
    """
    if not source.fill_down:
        return staged
    order = analyse(source.columns["order_id"], staged.types, where=f"mapping.yaml, {source.table}.order_id")
    above = [name for name in source.fill_down if name in order.columns]
    alike = [name for name in source.fill_down if name not in order.columns]
    query = f"SELECT * {_replaced(staged, above, _from_above)} FROM {quote(staged.relation)}"
    query = f"SELECT *, {order.sql} AS order_ FROM ({query})"
    query = f"SELECT * EXCLUDE (order_) {_replaced(staged, alike, _from_order)} FROM ({query})"
    relation = f"filled_{source.table}"
    connection.execute(f"CREATE OR REPLACE TABLE {quote(relation)} AS {query}")
    return replace(staged, relation=relation)


def _replaced(staged: Staged, columns: list[str], fill: Callable[[str], str]) -> str:
    parts = [f"{fill(trimmed(quote(name), staged.types[name]))} AS {quote(name)}" for name in columns]
    return f"REPLACE ({', '.join(parts)})" if parts else ""


def _from_above(value: str) -> str:
    return f"last_value({value} IGNORE NULLS) OVER (ORDER BY {ROW})"


def _from_order(value: str) -> str:
    whole = f"PARTITION BY order_ ORDER BY {ROW} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
    first = f"first_value({value} IGNORE NULLS) OVER ({whole})"
    return f"coalesce({value}, CASE WHEN order_ IS NOT NULL THEN {first} END)"
