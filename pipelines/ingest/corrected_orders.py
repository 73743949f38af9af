"""Orders of the source whose lines are others than those in force: the new lines take the place of the old ones.

A line without a key that became another product's, or another time's, is a new line for whoever compares lines. So
where a line of an order is new, the order's lines in force that the source no longer has give way, if the source tells
the order whole: it is read by what is new, or holds nearly all that is in force of its days, or has as many lines of
the order as are in force. A number that a till gives out again, another customer's or another day's, is another order.
"""

from __future__ import annotations

import duckdb

from pipelines.ingest.checks import told_again
from pipelines.ingest.engine import scalar
from pipelines.ingest.revisions import REVISED
from pipelines.ingest.typed import Typed

_NEARLY_ALL, _MOST = 0.9, 0.5
"""How much of what is in force of its days a source has that is the same one, read again."""


def find(connection: duckdb.DuckDBPyConnection, typed: Typed, *, whole: bool) -> str:
    """Add to the revised rows what gives way, and let the rows of `changes` that take its place say so.

    `whole`: only a part of the source was read, and each order wholly. Returns what was done; nothing for nothing.
    """
    new = "SELECT * FROM changes WHERE NOT replaces AND line_id IS NULL"
    if typed.spec.name != "orders" or not scalar(connection, f"SELECT count(*) FROM ({new})"):
        return ""
    good = f"FROM {typed.relation} WHERE {typed.good}"
    again = f"{typed.duplicate_bit} | {typed.bit(told_again(typed.spec) or '')}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE gone_lines AS SELECT * FROM old_rows WHERE line_id IS NULL"
        f" AND order_id IN (SELECT order_id FROM ({new}))"
        f" AND row_key NOT IN (SELECT row_key {good}) AND row_key NOT IN (SELECT row_key FROM {REVISED})"
        f" AND order_id NOT IN (SELECT order_id FROM {typed.relation}"
        f" WHERE order_id IS NOT NULL AND mask & ~({again}) <> 0)"
    )
    if not scalar(connection, "SELECT count(*) FROM gone_lines"):
        return ""
    _count(connection, typed, new)
    share = 1.0 if whole else _share(connection, typed)
    within = "true" if whole else f"l.day BETWEEN (SELECT min(day) {good}) AND (SELECT max(day) {good})"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE given_way AS"
        " SELECT DISTINCT l.row_key, l.day, l.order_id, l.quantity < 0 AS back_"
        f" FROM gone_lines AS l JOIN ({new}) AS n ON {_same_order('l', 'n')} AND (l.quantity < 0) = (n.quantity < 0)"
        " JOIN told_orders AS t ON t.order_id = l.order_id"
        f" WHERE ({_about('l', 'n')} OR ({_moved('l', 'n')} AND {within}))"
        f" AND ({share} >= {_NEARLY_ALL} OR (told_ >= stored_ AND (same_ > 0 OR {share} >= {_MOST})))"
    )
    return _give_way(connection)


def _same_order(one: str, other: str) -> str:
    """SQL: the number is one order's, as far as customer and store are known."""
    known = (f"coalesce({one}.{name} = {other}.{name}, true)" for name in ("customer_id", "store_id"))
    return f"{one}.order_id = {other}.order_id AND {' AND '.join(known)}"


def _about(old: str, new: str) -> str:
    """SQL: lines of one day that share a time or a product, or whose order has lines that are as they were."""
    return (
        f"({old}.day = {new}.day AND"
        f" ({old}.ordered_at = {new}.ordered_at OR {old}.product_id = {new}.product_id OR same_ > 0))"
    )


def _moved(old: str, new: str) -> str:
    """SQL: a known customer's line that is the same but for its time."""
    same = (f"{old}.{name} = {new}.{name}" for name in ("customer_id", "product_id", "quantity", "revenue"))
    return f"({' AND '.join(same)})"


def _count(connection: duckdb.DuckDBPyConnection, typed: Typed, new: str) -> None:
    """`told_orders`: how many lines of an order the source has, how many of them are as before, how many are stored."""
    touched = "order_id IN (SELECT order_id FROM gone_lines)"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told_orders AS SELECT order_id, told_, told_ - new_ AS same_, stored_"
        f" FROM (SELECT order_id, count(*) AS told_ FROM {typed.relation} WHERE {typed.good} AND {touched} GROUP BY 1)"
        f" JOIN (SELECT order_id, count(*) AS new_ FROM ({new}) GROUP BY 1) USING (order_id)"
        f" JOIN (SELECT order_id, count(*) AS stored_ FROM old_rows WHERE {touched} GROUP BY 1) USING (order_id)"
    )


def _share(connection: duckdb.DuckDBPyConnection, typed: Typed) -> float:
    """How much of the rows in force of the source's days it has, as they are or revised."""
    good = f"FROM {typed.relation} WHERE {typed.good}"
    [(share,)] = connection.execute(
        f"SELECT avg(CAST(row_key IN (SELECT row_key {good} UNION ALL SELECT row_key FROM {REVISED}) AS INTEGER))"
        f" FROM old_rows WHERE day BETWEEN (SELECT min(day) {good}) AND (SELECT max(day) {good})"
    ).fetchall()
    return float(share or 0)


def _give_way(connection: duckdb.DuckDBPyConnection) -> str:
    lines = scalar(connection, "SELECT count(*) FROM given_way")
    if not lines:
        return ""
    orders = scalar(connection, "SELECT count(DISTINCT order_id) FROM given_way")
    connection.execute(f"INSERT INTO {REVISED} SELECT row_key, day FROM given_way")
    numbered = (
        "SELECT row_key, order_id, quantity < 0 AS back_,"
        " row_number() OVER (PARTITION BY order_id, quantity < 0 ORDER BY row_key) AS number_"
        " FROM changes WHERE NOT replaces AND line_id IS NULL"
    )
    places = "SELECT order_id, back_, count(*) AS places_ FROM given_way GROUP BY ALL"
    connection.execute(
        f"UPDATE changes SET replaces = true WHERE row_key IN (SELECT row_key FROM ({numbered})"
        f" JOIN ({places}) USING (order_id, back_) WHERE number_ <= places_)"
    )
    what = f"{orders:,} orders have" if orders > 1 else "1 order has"
    return f"{what} other lines than were in force: the new ones took the place of {lines:,}, which are superseded"
