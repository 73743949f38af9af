"""Rows of one source with the same identity: exact duplicates are bad rows, older values are superseded.

Of rows with equal identity the last one's values win; equal rows after the first with those values are
duplicates. Only rows whose key's hash occurs twice are looked at closely, so clean tables cost one pass.
"""

from __future__ import annotations

import duckdb

from core.expressions import quote
from pipelines.ingest.engine import scalar
from pipelines.ingest.typed import Fate, Typed, identity
from pipelines.sources.model import ROW


def settle(connection: duckdb.DuckDBPyConnection, typed: Typed) -> None:
    """Mark duplicates in `mask` and superseded or (where the mapping says `distinct`) repeated rows in `fate`."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE twice AS SELECT key_hash FROM {typed.relation} WHERE mask = 0"
        " GROUP BY key_hash HAVING count(*) > 1"
    )
    if not scalar(connection, "SELECT count(*) FROM twice"):
        return
    connection.execute(f"CREATE OR REPLACE TEMP TABLE losers AS {_losers(typed)}")
    connection.execute(f"UPDATE {typed.relation} AS t SET {_marks(typed)} FROM losers AS l WHERE t.{ROW} = l.{ROW}")


def _losers(typed: Typed) -> str:
    """Rows that are not the one kept of their identity, and whether they equal it."""
    contents = ", ".join(quote(name) for name in typed.spec.stored)
    key = identity(typed.spec)
    return f"""
    WITH candidates AS (
        SELECT *, hash({contents}) AS content_
        FROM {typed.relation} WHERE mask = 0 AND key_hash IN (SELECT key_hash FROM twice)
    ), judged AS (
        SELECT *, content_ = last_value(content_) OVER (
            PARTITION BY {key} ORDER BY {ROW} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS equal_ FROM candidates
    ), numbered AS (
        SELECT {ROW}, equal_, row_number() OVER (PARTITION BY {key}, equal_ ORDER BY {ROW}) AS number_ FROM judged
    )
    SELECT {ROW}, equal_ FROM numbered WHERE NOT equal_ OR number_ > 1"""


def _marks(typed: Typed) -> str:
    if typed.source.distinct:
        return f"fate = {int(Fate.REPEATED)}"
    return (
        f"mask = CASE WHEN l.equal_ THEN {typed.duplicate_bit} ELSE 0 END,"
        f" fate = CASE WHEN l.equal_ THEN {int(Fate.KEPT)} ELSE {int(Fate.SUPERSEDED)} END"
    )
