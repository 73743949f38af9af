"""Who is who, as far as everything read so far tells: the steps from rows to persons.

`resolve` leaves two relations in the engine of an ingest: `PERSONS`, which says whose id a node is, and `KEPT`, the
rows of the table `identities`. Tables are brought to it by `rekeying`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from core import progress
from core.expressions import literal, quote
from core.workspace import Workspace
from feature_repo.contract import TABLES
from pipelines.identity import key_records, pairs
from pipelines.identity.finding import Finder, FoundPersons
from pipelines.identity.key_records import RECORDS, TellingTable
from pipelines.identity.keyed_hashes import GUEST_PATTERN, KeyedHashes
from pipelines.identity.persons import Persons, known_by
from pipelines.identity.rekeying import PERSONS
from pipelines.ingest.engine import scalar
from pipelines.ingest.merge import Stored
from pipelines.ingest.typed import Typed
from pipelines.sources.identity_form import KINDS, IdentityForm
from pipelines.sources.source import Source, TableSource

KEPT = "identity_kept"
STORED = {**TABLES["identities"].stored, "node": "VARCHAR", "said": "VARCHAR", "told_by": "VARCHAR"}
"""The columns of the stored table: the contract's, the node, and which table told it, with how its keys were read."""


@dataclass(frozen=True)
class Resolution:
    """What was found: `ids` of the shop's systems are `customers`, `guests` among them are known by a key only."""

    ids: int = 0
    customers: int = 0
    guests: int = 0
    doubtful: int = 0
    notes: tuple[str, ...] = ()


def reading(table: TableSource, form: IdentityForm) -> str:
    """Which table tells something, and a digest of how its keys are read: what was read otherwise no longer counts."""
    meant = [dict(table.keys), table.known_as, form.country, form.mail.model_dump()]
    if table.table == "identities":
        meant.append(dict(table.columns))
    return f"{table.table} {hashlib.sha256(json.dumps(meant, sort_keys=True).encode()).hexdigest()[:12]}"


def resolve(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    fresh: Sequence[Typed],
    kept: Stored,
    *,
    anew: bool,
    write: bool,
) -> Resolution:
    """Find the persons that rows read now and records kept tell of; `anew`: what these tables told before is void."""
    form = source.identity
    assert form is not None
    progress.current().step("find which ids are one customer")
    told = [TellingTable(typed, reading(typed.source, form)) for typed in fresh if _tells(typed)]
    key_records.collect(connection, told, form, KeyedHashes(workspace))
    current = {reading(source.tables[name], form) for name in {*form.tables, "identities"} & set(source.tables)}
    void = {one.by for one in told} if anew else set()
    key_records.recall(connection, kept.files, current - void)
    known = pairs.recall(workspace, _rules(source, form))
    found = Finder(workspace, connection, form, known).find()
    if write:
        found.pairs.save(workspace)
    _keep(connection, found.persons)
    return _described(connection, found)


def recall_persons(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, source: Source, fresh: Sequence[Typed], kept: Stored
) -> None:
    """Make `PERSONS` as the last ingest found them, for rows from which nothing new is to be concluded."""
    if source.identity is not None:
        told = [TellingTable(typed, reading(typed.source, source.identity)) for typed in fresh if _tells(typed)]
        key_records.collect(connection, told, source.identity, KeyedHashes(workspace))
    _empty_persons(connection)
    if kept.files:
        connection.execute(
            f"INSERT INTO {PERSONS} SELECT DISTINCT node, customer_id FROM {_files(kept)} WHERE node <> customer_id"
        )


def forget_persons(connection: duckdb.DuckDBPyConnection, kept: Stored) -> None:
    """Make `PERSONS` so that every id is again what its source wrote, and guests are nobody."""
    _empty_persons(connection)
    if kept.files:
        guests = f"regexp_full_match(node, {literal(GUEST_PATTERN.pattern)})"
        connection.execute(
            f"INSERT INTO {PERSONS} SELECT DISTINCT node, CASE WHEN {guests} THEN NULL ELSE source_id END"
            f" FROM {_files(kept)} WHERE {guests} OR node <> source_id"
        )


def _tells(typed: Typed) -> bool:
    return bool(typed.source.keys) or typed.spec.name == "identities"


def _rules(source: Source, form: IdentityForm) -> str:
    read = sorted(reading(table, form) for table in source.tables.values() if table.keys)
    return hashlib.sha256(json.dumps([read, form.household]).encode()).hexdigest()[:12]


def _keep(connection: duckdb.DuckDBPyConnection, found: Persons) -> None:
    """Make `PERSONS` and `KEPT`."""
    groups = found.groups()
    foreign = connection.execute(f"SELECT DISTINCT node FROM {RECORDS} WHERE source IS NOT NULL").fetchall()
    known = known_by(groups, frozenset(node for (node,) in foreign))
    _empty_persons(connection)
    table = pa.table(
        {"node": pa.array(list(known), pa.string()), "person": pa.array(list(known.values()), pa.string())}
    )
    connection.register("identity_known", table)
    connection.execute(f"INSERT INTO {PERSONS} SELECT node, person FROM identity_known WHERE node <> person")
    hashed = ", ".join(f"r.{kind}_hash AS {kind}" for kind in KINDS)
    nothing = ", ".join(f"NULL AS {kind}" for kind in KINDS)
    columns = ", ".join(f"CAST({quote(name)} AS {type_}) AS {quote(name)}" for name, type_ in STORED.items())
    connection.execute(
        f"CREATE OR REPLACE TABLE {KEPT} AS SELECT DISTINCT {columns} FROM ("
        f"SELECT r.source, coalesce(r.source_id, r.node) AS source_id, coalesce(k.person, r.node) AS customer_id,"
        f" {hashed}, r.node, r.said, r.told_by FROM {RECORDS} AS r LEFT JOIN identity_known AS k USING (node)"
        f" UNION ALL SELECT NULL, node, person, {nothing}, node, NULL, '' FROM identity_known"
        f" WHERE node NOT IN (SELECT node FROM {RECORDS}))"
    )
    connection.unregister("identity_known")


def _empty_persons(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"CREATE OR REPLACE TABLE {PERSONS} (node VARCHAR, person VARCHAR)")


def _described(connection: duckdb.DuckDBPyConnection, found: FoundPersons) -> Resolution:
    groups, doubtful = found.persons.groups(), len(found.pairs.doubtful)
    ids, customers = sum(map(len, groups)), len(groups)
    guests = scalar(
        connection,
        f"SELECT count(DISTINCT customer_id) FROM {KEPT}"
        f" WHERE regexp_full_match(customer_id, {literal(GUEST_PATTERN.pattern)})",
    )
    notes = [f"identity: {ids:,} ids are {customers:,} customers"] if ids else ["identity: every id is a customer"]
    if guests:
        notes.append(f"identity: {guests:,} customers are guests known by a key only")
    notes += [
        f"identity: {number:,} times more ids than largest_group share one {kind}: it links none of them"
        for kind, number in found.crowded.items()
    ]
    if doubtful:
        notes.append(f"identity: {doubtful:,} pairs of ids are doubtful: regulars identity review")
    return Resolution(ids, customers, guests, doubtful, tuple(notes))


def _files(kept: Stored) -> str:
    return f"read_parquet([{', '.join(literal(str(path)) for path in kept.files)}])"
