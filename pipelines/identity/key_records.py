"""What rows tell of who they are about, collected as records: one for each id and set of keys.

A *node* is an id of one system: the shop's own ids as they are, those of another as `till:7`, and, for rows without
an id, a keyed hash of the first key they have and of their name. Records in clear (`RECORDS`) live in the engine of
one ingest; what is kept of them is hashed. Kinds of keys are email, phone, card, device, name and address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from core.expressions import literal, quote
from core.reads import Read
from pipelines.identity.keyed_hashes import GUEST, KeyedHashes
from pipelines.identity.normalisation import normaliser
from pipelines.ingest.typed import Typed
from pipelines.ingest.values import key_column
from pipelines.sources.identity_form import KINDS, IdentityForm

RECORDS = "identity_records"
"""Columns: node, source, source_id, said, told_by, `<kind>` in clear (null where recalled), `<kind>_hash`."""
GUESTS = "identity_guests"
"""Which node rows without an id are: their keys as they came, and the node."""
_BY = ("email", "phone", "card", "device")
GUEST_KINDS = (*_BY, "name")
"""What a guest is known by: the first of `_BY` that the row has, and the name: a family may share a mailbox."""
_CLEAN = "identity_keys"
READS = (Read("identities", ("source", "source_id", "customer_id", *KINDS), "which ids are one customer"),)


@dataclass(frozen=True)
class TellingTable:
    """One table's rows as evidence; `by` says which table tells it, and how its keys are read."""

    typed: Typed
    by: str

    @property
    def keys(self) -> dict[str, str]:
        """The relation's columns with keys as they came, by kind."""
        if self.typed.spec.name == "identities":
            return {kind: quote(kind) for kind in KINDS}
        return {kind: key_column(kind) for kind in self.typed.source.keys}


def collect(
    connection: duckdb.DuckDBPyConnection, told: Sequence[TellingTable], form: IdentityForm, hashes: KeyedHashes
) -> None:
    """Make `RECORDS` and `GUESTS` of what fresh rows tell."""
    connection.execute(f"CREATE OR REPLACE TABLE {_CLEAN} (kind VARCHAR, raw VARCHAR, clean VARCHAR, hash VARCHAR)")
    for kind in KINDS:
        _clean(connection, [one for one in told if kind in one.keys], kind, form, hashes)
    columns = ", ".join([*(f"{kind} VARCHAR" for kind in KINDS), *(f"{kind}_hash VARCHAR" for kind in KINDS)])
    connection.execute(
        f"CREATE OR REPLACE TABLE {RECORDS}"
        f" (node VARCHAR, source VARCHAR, source_id VARCHAR, said VARCHAR, told_by VARCHAR, {columns})"
    )
    raw = ", ".join(f"{kind} VARCHAR" for kind in GUEST_KINDS)
    connection.execute(f"CREATE OR REPLACE TABLE {GUESTS} ({raw}, node VARCHAR)")
    for one in told:
        connection.execute(f"INSERT INTO {RECORDS} BY NAME {_records(one)}")
        if one.typed.spec.name != "identities":
            connection.execute(f"INSERT INTO {GUESTS} BY NAME {_guests(one)}")


def recall(connection: duckdb.DuckDBPyConnection, files: Iterable[Path], readings: Collection[str]) -> None:
    """Add the records that earlier ingests kept, but only those told as one of the `readings` says."""
    listed = ", ".join(literal(str(path)) for path in files)
    if not listed or not readings:
        return
    hashed = ", ".join(f"{kind} AS {kind}_hash" for kind in KINDS)
    told = ("node", "said", "told_by", *(f"{kind}_hash" for kind in KINDS))
    same = " AND ".join(f"r.{name} IS NOT DISTINCT FROM k.{name}" for name in told)
    connection.execute(
        f"INSERT INTO {RECORDS} BY NAME SELECT * FROM (SELECT node, source, source_id, said, told_by, {hashed}"
        f" FROM read_parquet([{listed}]) WHERE told_by IN ({', '.join(map(literal, sorted(readings)))})) AS k"
        f" WHERE NOT EXISTS (SELECT 1 FROM {RECORDS} AS r WHERE {same})"
    )


def node(source: str | None, id_: str) -> str:
    """The node of an id; `id_` is SQL."""
    return f"{literal(source + ':')} || {id_}" if source else id_


def guest_keys(one: Typed) -> list[str]:
    """The kinds of keys by which rows of a table without an id are known: a first key, and the name beside it."""
    kinds = [kind for kind in GUEST_KINDS if kind in one.source.keys]
    return kinds if set(kinds) & set(_BY) else []


def _clean(
    connection: duckdb.DuckDBPyConnection,
    told: Sequence[TellingTable],
    kind: str,
    form: IdentityForm,
    hashes: KeyedHashes,
) -> None:
    """Add every spelling of a kind's keys with its clean form and its hash."""
    if not told:
        return
    values = " UNION ".join(
        f"SELECT {one.keys[kind]} AS raw FROM {one.typed.relation} WHERE mask = 0 AND {one.keys[kind]} IS NOT NULL"
        for one in told
    )
    raw = [value for (value,) in connection.execute(f"SELECT DISTINCT raw FROM ({values})").fetchall()]
    clean_of = normaliser(kind, form)
    clean = [clean_of(value) for value in raw]
    found = pa.table(
        {
            "kind": pa.array([kind] * len(raw), pa.string()),
            "raw": pa.array(raw, pa.string()),
            "clean": pa.array(clean, pa.string()),
            "hash": pa.array([None if value is None else hashes.of(kind, value) for value in clean], pa.string()),
        }
    )
    connection.register("identity_found", found)
    connection.execute(f"INSERT INTO {_CLEAN} SELECT * FROM identity_found WHERE clean IS NOT NULL")
    connection.unregister("identity_found")


def _records(one: TellingTable) -> str:
    """The distinct records of a table's good rows."""
    typed, kinds = one.typed, list(one.keys)
    own = typed.spec.name == "identities"
    source = "nullif(source, '')" if own else literal(typed.source.known_as) if typed.source.known_as else "NULL"
    id_, said = ("source_id", "customer_id") if own else ("customer_id", "NULL")
    raw = ", ".join(f"{one.keys[kind]} AS {kind}_raw" for kind in kinds)
    distinct = (
        f"SELECT DISTINCT {source} AS source, {id_} AS id, {said} AS said{', ' + raw if raw else ''}"
        f" FROM {typed.relation} WHERE mask = 0"
    )
    clean = ", ".join(f"{kind}.clean AS {kind}, {kind}.hash AS {kind}_hash" for kind in kinds)
    by = [f"{kind}_hash" for kind in _BY if kind in kinds]
    guest = _guest(by, "name_hash" if "name" in kinds else "''")
    some = " OR ".join(f"{kind}_hash IS NOT NULL" for kind in kinds) or "false"
    return (
        f"SELECT DISTINCT CASE WHEN id IS NULL THEN {guest} WHEN source IS NULL THEN id ELSE source || ':' || id END"
        f" AS node, source, id AS source_id, said, {literal(one.by)} AS told_by, * EXCLUDE (source, id, said)"
        f" FROM (SELECT source, id, said, {clean} FROM ({distinct}) AS t {_joined(kinds)})"
        f" WHERE (id IS NOT NULL AND ({some} OR said IS NOT NULL)) OR {guest} IS NOT NULL"
    )


def _guests(one: TellingTable) -> str:
    """For each set of keys that rows without an id came with: their node."""
    kinds = guest_keys(one.typed)
    if not kinds:
        return f"SELECT NULL AS node FROM {one.typed.relation} WHERE false"
    raw = ", ".join(f"{key_column(kind)} AS {kind}_raw" for kind in kinds)
    hashed = [f"{kind}.hash" for kind in kinds if kind in _BY]
    kept = ", ".join(f"t.{kind}_raw AS {kind}" for kind in kinds)
    guest = _guest(hashed, "name.hash" if "name" in kinds else "''")
    return (
        f"SELECT * FROM (SELECT {kept}, {guest} AS node FROM"
        f" (SELECT DISTINCT {raw} FROM {one.typed.relation} WHERE mask = 0 AND customer_id IS NULL) AS t"
        f" {_joined(kinds)}) WHERE node IS NOT NULL"
    )


def _guest(hashed: Sequence[str], name: str) -> str:
    """SQL of the node of a row without an id: a digest of its first keyed hash and of its name's; null without any."""
    if not hashed:
        return "CAST(NULL AS VARCHAR)"
    return f"{literal(GUEST)} || substr(sha256(coalesce({', '.join(hashed)}) || coalesce({name}, '')), 1, 20)"


def _joined(kinds: Iterable[str]) -> str:
    return " ".join(
        f"LEFT JOIN {_CLEAN} AS {kind} ON {kind}.kind = {literal(kind)} AND {kind}.raw = t.{kind}_raw" for kind in kinds
    )
