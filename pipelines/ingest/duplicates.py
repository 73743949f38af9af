"""Rows of one source with the same identity: exact duplicates are bad rows, older values are superseded.

Of rows with equal identity (of order lines: the order and its `line_id`) the last one's values win; equal rows after
the first with those values are duplicates, and rows under the same key that are about something else are bad: the key
is not unique. Order lines without a `line_id` that are equal are judged (`pipelines.sources.identical_lines`): some
are items of their own. Only rows whose key's hash occurs twice are looked at closely, so clean tables cost one pass.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb
import pyarrow as pa

from core.expressions import quote
from core.reads import Read
from pipelines.ingest.checks import key_not_unique, told_again
from pipelines.ingest.engine import scalar
from pipelines.ingest.typed import Fate, Typed, identity
from pipelines.sources import identical_lines
from pipelines.sources.source import ROW

READS = (Read("orders", ("line_id",), "telling the lines of an order apart"),)


def settle(
    connection: duckdb.DuckDBPyConnection, typed: Typed, released: Collection[str] = frozenset()
) -> tuple[str, ...]:
    """Mark duplicates and clashing keys in `mask`, and superseded or repeated rows in `fate`.

    Where the mapping says `distinct`, the row that is kept of a key takes the values most of its rows have;
    identical rows each get an identity of their own, and those among the `released` ones stay, whatever is decided.
    Returns what was decided on identical lines of orders, and why.
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE twice AS SELECT key_hash FROM {typed.relation} WHERE {typed.good}"
        " GROUP BY key_hash HAVING count(*) > 1"
    )
    if not scalar(connection, "SELECT count(*) FROM twice"):
        return ()
    if typed.source.distinct:
        _take_most_frequent(connection, typed)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE losers AS {_losers(typed)}")
    said = _judge(connection, typed)
    if typed.spec.time:
        _tell_apart(connection, typed, released)
    connection.execute(f"UPDATE {typed.relation} AS t SET {_marks(typed)} FROM losers AS l WHERE t.{ROW} = l.{ROW}")
    return said


def _judge(connection: duckdb.DuckDBPyConnection, typed: Typed) -> tuple[str, ...]:
    """Say in `losers` which equal rows stay, and which are of orders told again (see `settle`)."""
    spec, means = typed.spec, typed.source.identical_rows
    if spec.time and means == "keep":
        connection.execute("UPDATE losers SET stays_ = equal_")
    if spec.name != "orders" or means != "judge" or not scalar(connection, "SELECT count(*) FROM losers WHERE equal_"):
        return ()
    _know_again(connection, typed)
    found = identical_lines.judge(
        connection,
        f"SELECT {ROW} AS row_, hash(order_id) AS order_, key_hash AS content_,"
        f" {typed.good} AND ({_keyless(typed)}) AS counts_ FROM {typed.relation} WHERE order_id IS NOT NULL",
    )
    connection.execute(
        f"UPDATE losers AS l SET stays_ = number_ <= keep_, again_ = whole_ FROM {identical_lines.JUDGED} AS j"
        " WHERE l.key_hash = j.content_ AND equal_"
    )
    return tuple(f"{spec.name}: {sentence}" for sentence in found.sentences())


def _know_again(connection: duckdb.DuckDBPyConnection, typed: Typed) -> None:
    """Orders whose lines have a key and all stand there again, as where exports overlap: no sign of bad rows."""
    orders = (
        f"SELECT order_id FROM {typed.relation} WHERE mask = 0 AND NOT ({_keyless(typed)}) GROUP BY order_id"
        " HAVING bool_and(key_hash IN (SELECT key_hash FROM losers WHERE equal_))"
    )
    connection.execute(
        f"UPDATE losers AS l SET again_ = true FROM {typed.relation} AS t WHERE t.{ROW} = l.{ROW} AND equal_"
        f" AND t.order_id IN ({orders})"
    )


def _take_most_frequent(connection: duckdb.DuckDBPyConnection, typed: Typed) -> None:
    """Give all rows of a key the values that most of them have, never an empty one; of equally many the least."""
    described = [name for name in typed.source.columns if name not in typed.spec.key]
    if not described:
        return
    key = ", ".join(quote(name) for name in typed.spec.key)
    same = " AND ".join(f"t.{quote(name)} IS NOT DISTINCT FROM m.{quote(name)}" for name in typed.spec.key)
    rows = f"{typed.relation} WHERE mask = 0 AND key_hash IN (SELECT key_hash FROM twice)"
    modes = [
        f"SELECT {key}, arg_min({value}, (-n, {value})) AS {value} FROM"
        f" (SELECT {key}, {value}, count(*) AS n FROM {rows} AND {value} IS NOT NULL GROUP BY ALL) GROUP BY {key}"
        for value in map(quote, described)
    ]
    for name, mode in zip(map(quote, described), modes, strict=True):
        connection.execute(f"UPDATE {typed.relation} AS t SET {name} = m.{name} FROM ({mode}) AS m WHERE {same}")


def _tell_apart(connection: duckdb.DuckDBPyConnection, typed: Typed, released: Collection[str]) -> None:
    """The second of identical rows is known as the second, and so on, in whatever order they come."""
    of_same_row = f"FROM losers AS l WHERE t.{ROW} = l.{ROW} AND l.equal_"
    connection.execute(
        f"UPDATE {typed.relation} AS t SET row_key = md5(row_key || chr(31) || l.number_)"
        f" {of_same_row} AND (l.stays_ OR {_keyless(typed)})"
    )
    connection.execute(f"UPDATE {typed.relation} AS t SET key_hash = hash(row_key) {of_same_row}")
    if released:
        connection.register("released_rows", pa.table({"key": pa.array(sorted(released), pa.string())}))
        connection.execute(
            f"UPDATE losers AS l SET stays_ = true FROM {typed.relation} AS t WHERE t.{ROW} = l.{ROW} AND l.equal_"
            " AND t.row_key IN (SELECT key FROM released_rows)"
        )
    connection.execute("DELETE FROM losers WHERE stays_")


def _keyless(typed: Typed) -> str:
    """SQL condition: a row has no key, and is known by its whole content."""
    spec = typed.spec
    return " OR ".join(f"{quote(name)} IS NULL" for name in spec.key if name not in spec.required) or "true"


def _losers(typed: Typed) -> str:
    """Rows that are not the one kept of their identity: whether they equal it, and whether they are about the same."""
    contents = ", ".join(quote(name) for name in typed.spec.stored)
    same = f"hash({', '.join(quote(name) for name in typed.spec.same)})" if typed.spec.same else "0"
    key = identity(typed.spec)
    last = f"OVER (PARTITION BY {key} ORDER BY {ROW} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    return f"""
    WITH candidates AS (
        SELECT *, hash({contents}) AS content_, {same} AS same_
        FROM {typed.relation} WHERE {typed.good} AND key_hash IN (SELECT key_hash FROM twice)
    ), judged AS (
        SELECT *, content_ = last_value(content_) {last} AS equal_, same_ <> last_value(same_) {last} AS clashes_
        FROM candidates
    ), numbered AS (
        SELECT {ROW}, key_hash, equal_, clashes_,
            row_number() OVER (PARTITION BY {key}, equal_ ORDER BY {ROW}) AS number_
        FROM judged
    )
    SELECT {ROW}, key_hash, equal_, clashes_, number_, false AS stays_, false AS again_
    FROM numbered WHERE NOT equal_ OR number_ > 1"""


def _marks(typed: Typed) -> str:
    if typed.source.distinct:
        return f"fate = {int(Fate.REPEATED)}"
    reason = key_not_unique(typed.spec)
    clash = typed.bit(reason) if reason else 0
    again = told_again(typed.spec)
    equal = (
        f"CASE WHEN l.again_ THEN {typed.bit(again)} ELSE {typed.duplicate_bit} END" if again else typed.duplicate_bit
    )
    return (
        f"mask = CASE WHEN l.equal_ THEN {equal} WHEN l.clashes_ THEN {clash} ELSE 0 END,"
        f" fate = CASE WHEN l.equal_ OR l.clashes_ THEN {int(Fate.KEPT)} ELSE {int(Fate.SUPERSEDED)} END"
    )
