"""The relations that operations make: each from the last one, which goes, and in what order they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import duckdb

from core.expressions import quote
from pipelines.sources.source import ROW, Fault, LeftOut, OrderAmount, Staged, TableSource

_MARK = "_after_"


def operated(connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> tuple[TableSource, Staged]:
    """A table's source and rows once its operations have run; as they are where it has none."""
    for operation in source.operations:
        staged = operation.applied(connection, source, staged)
        source = operation.mapped_after(source, staged.types)
    return replace(source, operations=()), staged


def remade(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    key: str,
    query: str,
    *,
    types: Mapping[str, str] | None = None,
    faults: Sequence[Fault] = (),
    left_out: Sequence[LeftOut] = (),
    notes: Sequence[str] = (),
    order_amounts: Sequence[OrderAmount] = (),
) -> Staged:
    """The staged relation with the rows of `query`, which the operation `key` has made of its last ones.

    `types`: the columns it has now, where they are others; the rest is what the operation has to say.
    """
    base, _, _ = staged.relation.partition(_MARK)
    relation = f"{base}{_MARK}{key}"
    connection.execute(f"CREATE OR REPLACE TABLE {quote(relation)} AS {query}")
    if _MARK in staged.relation:
        connection.execute(f"DROP TABLE {quote(staged.relation)}")
    return replace(
        staged,
        relation=relation,
        types=staged.types if types is None else types,
        faults=(*staged.faults, *faults),
        left_out=(*staged.left_out, *left_out),
        notes=(*staged.notes, *notes),
        order_amounts=(*staged.order_amounts, *order_amounts),
    )


def taken_out(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    key: str,
    condition: str,
    reason: str,
    *,
    superseded: bool = False,
) -> LeftOut | None:
    """Keep the rows for which a condition holds in a relation of their own; None where there are none."""
    base, _, _ = staged.relation.partition(_MARK)
    relation = f"{base}_left_out_{key}_{len(staged.left_out)}"
    connection.execute(
        f"CREATE OR REPLACE TABLE {quote(relation)} AS SELECT * FROM {quote(staged.relation)} WHERE {condition}"
    )
    [(rows,)] = connection.execute(f"SELECT count(*) FROM {quote(relation)}").fetchall()
    return LeftOut(reason, relation, rows, superseded) if rows else None


def spread(staged: Staged, width: int) -> Staged:
    """The staged relation's places once each row has become up to `width` rows: see `spread_row`."""
    positions, files = staged.positions, staged.files

    def positions_of(rows: Sequence[int], /) -> list[int]:
        return positions([row // width for row in rows])

    def files_of(rows: Sequence[int], /) -> list[str]:
        return files([row // width for row in rows]) if files else []

    starts = tuple(start * width for start in staged.starts)
    return replace(staged, positions=positions_of, files=files_of if files else None, starts=starts)


def spread_row(width: int, number: str) -> str:
    """SQL of the `ROW` of the row with that number (from 0) among those a row becomes."""
    return f"{ROW} * {width} + {number}"
