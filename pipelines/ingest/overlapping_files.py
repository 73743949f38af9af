"""Orders that a later file of the source tells again with other content: the later file's telling holds.

Files that overlap tell many orders twice. Most are as they were, and are no news; one whose price was corrected would
count with both. So where two files tell orders alike, those they tell otherwise are corrections. Where they tell
none alike they may as well hold parts of orders each: all of it counts, and it is said.
"""

from __future__ import annotations

import duckdb

from core.expressions import quote
from pipelines.ingest.engine import scalar
from pipelines.ingest.typed import Fate, Typed
from pipelines.sources.source import ROW


def settle(connection: duckdb.DuckDBPyConnection, typed: Typed) -> tuple[str, ...]:
    """Mark the lines of earlier tellings as superseded; says of how many orders, file by file."""
    starts = typed.staged.starts
    if typed.spec.name != "orders" or len(starts) < 2 or typed.source.identical_rows == "keep":
        return ()
    if not _several(connection, typed, starts):
        return ()
    _tellings(connection)
    pairs = connection.execute(
        "SELECT file_, later_, count(*) FILTER (alike_), count(*) FILTER (about_ AND NOT alike_)"
        " FROM retold_orders GROUP BY ALL HAVING bool_or(about_ AND NOT alike_) ORDER BY ALL"
    ).fetchall()
    said = []
    for file, later, alike, otherwise in pairs:
        holds = alike >= otherwise
        if holds:
            connection.execute(
                f"UPDATE {typed.relation} SET fate = {int(Fate.SUPERSEDED)} WHERE {ROW} IN"
                " (SELECT s.row_ FROM several_files AS s JOIN retold_orders AS r USING (order_, file_)"
                f" WHERE r.file_ = {file} AND r.later_ = {later} AND about_ AND NOT alike_)"
            )
        said.append(_said(connection, typed, file, later, otherwise, holds=holds))
    return tuple(said)


def _several(connection: duckdb.DuckDBPyConnection, typed: Typed, starts: tuple[int, ...]) -> bool:
    """`several_files`: the lines without a key of orders that stand in several files; whether there are any."""
    file = f"len(list_filter([{', '.join(map(str, starts))}], lambda x: x <= {ROW}))"
    keyless = f"FROM {typed.relation} WHERE mask = 0 AND line_id IS NULL"
    orders = f"SELECT order_id {keyless} GROUP BY order_id HAVING min({file}) <> max({file})"
    lines = f"SELECT *, {file} AS file_ {keyless} AND order_id IN ({orders})"
    content = ", ".join(map(quote, typed.spec.names))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE several_files AS"
        f" SELECT {ROW} AS row_, file_, ordered_at, hash(order_id, customer_id, store_id) AS order_,"
        f" hash({content}) AS content_, hash(product_id, ordered_at, quantity < 0) AS subject_ FROM ({lines})"
        " WINDOW of_order AS (PARTITION BY hash(order_id, customer_id, store_id))"
        " QUALIFY min(file_) OVER of_order <> max(file_) OVER of_order"
    )
    return scalar(connection, "SELECT count(*) FROM several_files") > 0


def _tellings(connection: duckdb.DuckDBPyConnection) -> None:
    """`retold_orders`: of each telling of an order but its last, whether the last is alike, or about the same."""
    last = "max(file_) OVER (PARTITION BY order_)"
    each = (
        f"SELECT order_, file_, {last} AS later_, count(*) AS lines_, sum(content_) AS contents_,"
        " list(subject_) AS subjects_ FROM several_files GROUP BY order_, file_"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE retold_orders AS SELECT a.order_, a.file_, a.later_,"
        " a.contents_ = b.contents_ AND a.lines_ = b.lines_ AS alike_,"
        " 2 * len(list_filter(a.subjects_, lambda x: list_contains(b.subjects_, x))) >= a.lines_ AS about_"
        f" FROM ({each}) AS a JOIN ({each}) AS b ON a.order_ = b.order_ AND b.file_ = a.later_"
        " WHERE a.file_ < a.later_"
    )


def _said(
    connection: duckdb.DuckDBPyConnection, typed: Typed, file: int, later: int, orders: int, *, holds: bool
) -> str:
    assert typed.staged.files is not None
    starts = typed.staged.starts
    one, other = typed.staged.files([starts[file - 1], starts[later - 1]])
    what = f"orders: {orders:,} {'orders stand' if orders > 1 else 'order stands'} in {one} and, otherwise, in {other}"
    if not holds:
        return (
            f"{what}: the files tell hardly any order alike, so which of them holds can't be told, and all lines"
            " count; if one is a correction of the other, take the other out"
        )
    further = scalar(
        connection,
        f"SELECT CAST(max(ordered_at) FILTER ({ROW} >= {starts[later - 1]}) >"
        f" max(ordered_at) FILTER ({ROW} < {starts[later - 1]} AND {ROW} >= {starts[file - 1]}) AS INTEGER)"
        f" FROM {typed.relation} WHERE mask = 0",
    )
    sure = "" if further else f"; by their days {other} is not the later one: if {one} is, name it after {other}"
    return f"{what}, which is read later and holds{sure}"
