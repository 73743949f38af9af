"""Rows in force that a source tells anew with other values, though no key says so.

A row without a key is known by its whole content. A corrected price, or one more mapped column, would let every
such row come in beside its old self. So where a row of the source is new and a row in force is no longer in the
source, and both are about the same (`revised` of the contract; after a change of the mapping `remapped`), the new
one takes the old one's place. A return never takes the place of a purchase.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from core.errors import DataError
from core.expressions import quote
from feature_repo.contract import TableSpec
from pipelines.ingest.engine import scalar
from pipelines.ingest.typed import Typed

REVISED = "revised_rows"
"""The relation of the rows in force (`row_key`, `day`) that give way; made by `find`."""


def find(connection: duckdb.DuckDBPyConnection, typed: Typed, changed: Collection[str] | None) -> None:
    """Make `REVISED`, and let the rows of `changes` that take their place say that they replace.

    `changed` are the parts of the table's mapping that are not as at the last ingest; None: not known.

    Raises:
        DataError: the mapping changed, and not one row is what it was, so that all would come in twice.
    """
    spec = typed.spec
    none(connection)
    columns = spec.revised if changed is not None and not changed else spec.remapped
    if not spec.time or not columns or not scalar(connection, "SELECT count(*) FROM changes WHERE NOT replaces"):
        return
    keyless = "true" if _key_changed(spec, changed) else _keyless(spec)
    about = f"hash({', '.join(map(quote, columns))}{_direction(spec)})"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE gone AS SELECT row_key, day, {about} AS about_ FROM old_rows WHERE {keyless}"
        f" AND {about} IN (SELECT {about} FROM changes WHERE NOT replaces AND {keyless})"
        f" AND row_key NOT IN (SELECT row_key FROM {typed.relation} WHERE {typed.good})"
        f" AND day BETWEEN (SELECT min(day) - 1 FROM {typed.relation} WHERE {typed.good})"
        f" AND (SELECT max(day) + 1 FROM {typed.relation} WHERE {typed.good})"
    )
    connection.execute(f"INSERT INTO {REVISED} SELECT row_key, day FROM gone")
    connection.execute(
        f"UPDATE changes SET replaces = true WHERE NOT replaces AND {keyless} AND {about} IN (SELECT about_ FROM gone)"
    )
    if changed:
        _refuse_twice(connection, typed, changed)


def none(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `REVISED` without any row."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {REVISED} (row_key VARCHAR, day DATE)")


def _keyless(spec: TableSpec) -> str:
    optional = [f"{quote(name)} IS NULL" for name in spec.key if name not in spec.required]
    return f"({' OR '.join(optional)})" if optional else "true"


def _key_changed(spec: TableSpec, changed: Collection[str] | None) -> bool:
    return any(f"columns.{name}" in (changed or ()) for name in spec.key)


def _direction(spec: TableSpec) -> str:
    return ", quantity < 0" if spec.name == "orders" else ""


def _refuse_twice(connection: duckdb.DuckDBPyConnection, typed: Typed, changed: Collection[str]) -> None:
    """Refuse a source none of whose rows is known, where its days are days whose rows it does not have."""
    known = scalar(connection, f"SELECT count(*) FROM {typed.relation} WHERE {typed.good}") - scalar(
        connection, "SELECT count(*) FROM changes WHERE NOT replaces"
    )
    both = "SELECT DISTINCT day FROM changes WHERE NOT replaces INTERSECT SELECT DISTINCT day FROM old_rows"
    if known or scalar(connection, f"SELECT count(*) FROM ({both})") < 2:
        return
    name = typed.spec.name
    raise DataError(
        f"not one row of {name} is as it was taken in: all of them would come in a second time",
        where=f"mapping.yaml, {name}",
        why=f"the mapping has changed since the last ingest ({', '.join(sorted(changed))}); nothing was changed",
        todo=f"if the source holds every row: regulars ingest --replace {name}; else set the mapping back",
    )
