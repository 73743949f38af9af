"""Tables by the ids of persons: rows that come in, and rows in force, whose persons may be others now.

Facts keep the id of their source beside that of the person, so any row can be given another person later. Of
attributes (a customer's region) a person has one row: where several ids are one, the row of the person's own id holds,
what it leaves empty comes from the others, and of days the earliest.
"""

from __future__ import annotations

import duckdb

from core.expressions import literal, quote
from feature_repo.contract import SOURCE_ID, TABLES, TableSpec
from pipelines.identity.key_records import GUEST_KINDS, GUESTS, guest_keys, node
from pipelines.ingest.engine import scalar
from pipelines.ingest.merge import Rekeyed, Stored
from pipelines.ingest.typed import Fate, Typed
from pipelines.ingest.values import key_column
from pipelines.sources.source import ROW

PERSONS = "identity_persons"
"""Which person a node is, where it is another id: node, person (null: nobody, a guest's node that no longer counts)."""


def is_keyed(table: str) -> bool:
    """Whether a table's rows are about customers."""
    return "customer_id" in TABLES[table].names and table != "identities"


def identify(connection: duckdb.DuckDBPyConnection, typed: Typed) -> int:
    """Give rows that came in the ids of their persons; returns how many rows of one person were put together."""
    spec, relation = typed.spec, typed.relation
    id_ = node(typed.source.known_as, "customer_id")
    if spec.by_source:
        if typed.source.known_as:
            connection.execute(f"UPDATE {relation} SET {SOURCE_ID} = {id_} WHERE customer_id IS NOT NULL")
        if kinds := guest_keys(typed):
            same = " AND ".join(f"t.{key_column(kind)} IS NOT DISTINCT FROM g.{kind}" for kind in kinds)
            others = " AND ".join(f"g.{kind} IS NULL" for kind in GUEST_KINDS if kind not in kinds)
            connection.execute(
                f"UPDATE {relation} AS t SET {SOURCE_ID} = g.node FROM {GUESTS} AS g"
                f" WHERE t.customer_id IS NULL AND {same}{' AND ' + others if others else ''}"
            )
        connection.execute(f"UPDATE {relation} SET customer_id = {SOURCE_ID} WHERE {SOURCE_ID} IS NOT NULL")
        connection.execute(
            f"UPDATE {relation} AS t SET customer_id = p.person FROM {PERSONS} AS p WHERE t.{SOURCE_ID} = p.node"
        )
        return 0
    return _put_together(connection, typed, id_)


def rekeyed(connection: duckdb.DuckDBPyConnection, spec: TableSpec, old: Stored) -> Rekeyed | None:
    """The rows in force by the ids of persons, as they are now; None where they are so already."""
    if not old.files:
        return None
    files = f"read_parquet([{', '.join(literal(str(path)) for path in old.files)}])"
    there = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {files}").fetchall()}
    if spec.time is None:
        return _attributes(connection, spec, files)
    source = SOURCE_ID if SOURCE_ID in there else "customer_id"
    person = f"CASE WHEN p.node IS NULL THEN o.{source} ELSE p.person END"
    joined = f"FROM {files} AS o LEFT JOIN {PERSONS} AS p ON p.node = o.{source}"
    touched = f"o.customer_id IS DISTINCT FROM {person}"
    [(count, since)] = connection.execute(f"SELECT count(*), min(o.day) {joined} WHERE {touched}").fetchall()
    if not count and spec.by_source == (SOURCE_ID in there):
        return None
    kept = [f"{person} AS customer_id" if name == "customer_id" else f"o.{quote(name)}" for name in spec.stored]
    if spec.by_source:
        kept[-1] = f"o.{source} AS {SOURCE_ID}"
    return Rekeyed(f"SELECT {', '.join(kept)} {joined}", count, since)


def _attributes(connection: duckdb.DuckDBPyConnection, spec: TableSpec, files: str) -> Rekeyed | None:
    """Rows in force whose id is that of another person now give way to that person's own."""
    joined = f"FROM {files} AS o LEFT JOIN {PERSONS} AS p ON p.node = o.customer_id"
    count = scalar(connection, f"SELECT count(*) {joined} WHERE p.person IS DISTINCT FROM p.node")
    if not count:
        return None
    person = "coalesce(p.person, o.customer_id)"
    kept = [f"{person} AS customer_id" if name == "customer_id" else f"o.{quote(name)}" for name in spec.stored]
    key = ", ".join(person if name == "customer_id" else f"o.{quote(name)}" for name in spec.key)
    first = f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY o.customer_id <> {person}, o.customer_id) = 1"
    return Rekeyed(f"SELECT {', '.join(kept)} {joined} {first}", count, None)


def _put_together(connection: duckdb.DuckDBPyConnection, typed: Typed, id_: str) -> int:
    """One row a person: the first in the order of its ids, filled from the others; these are superseded."""
    spec, relation = typed.spec, typed.relation
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE identified AS SELECT t.{ROW}, {id_} AS node, coalesce(p.person, {id_}) AS person"
        f" FROM {relation} AS t LEFT JOIN {PERSONS} AS p ON p.node = {id_} WHERE {typed.good}"
    )
    key = ", ".join("i.person" if name == "customer_id" else f"t.{quote(name)}" for name in spec.key)
    key = f"row({key})"
    others = [column for column in spec.columns if column.name not in spec.key]
    ordered = "PARTITION BY key_ ORDER BY node <> person, node"
    window = f"OVER ({ordered} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    filled = [f"{_filled(column.name, column.type, window)} AS {quote(column.name)}" for column in others]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE together AS SELECT {', '.join([ROW, 'person', *filled])},"
        f" row_number() OVER ({ordered}) AS number_ FROM"
        f" (SELECT t.*, i.node, i.person, {key} AS key_ FROM {relation} AS t JOIN identified AS i USING ({ROW}))"
    )
    changes = ", ".join(["customer_id = w.person", *(f"{quote(c.name)} = w.{quote(c.name)}" for c in others)])
    connection.execute(f"UPDATE {relation} AS t SET {changes} FROM together AS w WHERE t.{ROW} = w.{ROW}")
    superseded = f"fate = {int(Fate.SUPERSEDED)} FROM together AS w WHERE t.{ROW} = w.{ROW} AND w.number_ > 1"
    connection.execute(f"UPDATE {relation} AS t SET {superseded}")
    identity = ", ".join(quote(name) for name in spec.key)
    connection.execute(f"UPDATE {relation} SET key_hash = hash({identity}) WHERE {typed.good}")
    return scalar(connection, "SELECT count(*) FROM together WHERE number_ > 1")


def _filled(name: str, type_: str, window: str) -> str:
    if type_ == "date":
        return f"min({quote(name)}) {window}"
    return f"first_value({quote(name)} IGNORE NULLS) {window}"
