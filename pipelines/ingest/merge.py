"""Typed rows against the rows in force: which are new, which replace one, and the files that say so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import duckdb

from core.expressions import literal, quote
from core.files import replacing
from core.manifest import TableChange
from core.workspace import Workspace
from feature_repo.contract import TableSpec
from pipelines.ingest import corrected_orders, revisions
from pipelines.ingest.engine import scalar, write_parquet
from pipelines.ingest.typed import Typed, identity, row_key

MAX_FILES = 20
"""A table in more files than this is written anew."""


@dataclass(frozen=True)
class Merged:
    """How many rows are new, replaced or as before; `change` is what to commit, None for nothing.

    `left` rows are in force and not in the source; `said`: what a person has to know of it.
    """

    added: int
    replaced: int
    unchanged: int
    change: TableChange | None
    left: int = 0
    said: str = ""


@dataclass(frozen=True)
class Stored:
    """The rows in force of one table."""

    files: list[Path]
    rows: int


@dataclass(frozen=True)
class Rekeyed:
    """The rows in force as they are to be from now on: a query, how many of them change, and from which day on."""

    rows: str
    count: int
    since: date | None


def table_folder(workspace: Workspace, spec: TableSpec) -> Path:
    """Where a table's files lie; protected attributes apart."""
    return workspace.protected_dir if spec.protected else workspace.tables_dir / spec.name


def stored(workspace: Workspace, spec: TableSpec) -> Stored:
    """The rows in force of a table, none if it is not there."""
    entry = workspace.tables.manifest.tables.get(spec.name)
    folder = table_folder(workspace, spec)
    return Stored([folder / name for name in entry.files], entry.rows) if entry else Stored([], 0)


def merge(
    connection: duckdb.DuckDBPyConnection,
    typed: Typed,
    old: Stored,
    folder: Path,
    *,
    anew: bool,
    write: bool,
    changed: Collection[str] | None = None,
    revise: bool = True,
    rekeyed: Rekeyed | None = None,
    whole: bool = False,
) -> Merged:
    """Compare by identity and write what changed into fresh files of `folder` (only if `write`).

    `anew`: forget the rows in force, the source is everything. `changed`: see `revisions.find`; not where `revise`
    is false: the rows are no source, and those in force that are not among them say nothing. `rekeyed`: what the rows
    in force are to be, where that is not what they are. `whole`: see `corrected_orders.find`.

    Raises:
        DataError: the mapping changed, and every row would come in twice.
    """
    spec, good = typed.spec, f"FROM {typed.relation} WHERE {typed.good}"
    total = scalar(connection, f"SELECT count(*) {good}")
    if anew or not old.files:
        rows = f"SELECT {_columns(spec)} {good}"
        needed = write and (total or old.rows)
        change = _write(connection, spec, rows, folder=folder, kept=[], since=None) if needed else None
        return Merged(total, 0, 0, change)
    _compare(connection, typed, old, rekeyed)
    matched = total - scalar(connection, "SELECT count(*) FROM changes WHERE NOT replaces")
    said = ""
    if revise:
        revisions.find(connection, typed, changed)
        if changed is not None and not changed:
            said = corrected_orders.find(connection, typed, whole=whole)
    else:
        revisions.none(connection)
    replaced = scalar(connection, "SELECT count(*) FROM changes WHERE replaces")
    added = scalar(connection, "SELECT count(*) FROM changes WHERE NOT replaces")
    change = None
    if write and (added or replaced or rekeyed is not None):
        change = _write_changes(connection, spec, old, folder, replacing=replaced > 0, rekeyed=rekeyed)
    left = old.rows - matched - scalar(connection, f"SELECT count(*) FROM {revisions.REVISED}")
    return Merged(added, replaced, total - added - replaced, change, left, said)


def _write_changes(
    connection: duckdb.DuckDBPyConnection,
    spec: TableSpec,
    old: Stored,
    folder: Path,
    *,
    replacing: bool,
    rekeyed: Rekeyed | None,
) -> TableChange:
    """A further file for rows that are only new; all rows in one file where some are replaced, or files are many."""
    since = _since(connection, spec, rekeyed)
    news = f"SELECT {_columns(spec)} FROM changes"
    if not replacing and rekeyed is None and len(old.files) < MAX_FILES:
        return _write(connection, spec, news, folder=folder, kept=old.files, since=since)
    same = _same_key(spec, "o", "c")
    kept = f"SELECT {_columns(spec)} FROM old_rows AS o WHERE NOT EXISTS (SELECT 1 FROM changes AS c WHERE {same})"
    if spec.time:
        kept += f" AND row_key NOT IN (SELECT row_key FROM {revisions.REVISED})"
    return _write(connection, spec, f"{kept} UNION ALL {news}", folder=folder, kept=[], since=since)


def rewrite(connection: duckdb.DuckDBPyConnection, spec: TableSpec, folder: Path, rekeyed: Rekeyed) -> TableChange:
    """Write the rows in force anew, as they are to be; none come in."""
    return _write(connection, spec, rekeyed.rows, folder=folder, kept=[], since=rekeyed.since)


def _compare(connection: duckdb.DuckDBPyConnection, typed: Typed, old: Stored, rekeyed: Rekeyed | None) -> None:
    """Make `changes`: good rows that the rows in force lack, or have with other values."""
    files = ", ".join(literal(str(path)) for path in old.files)
    rows = f"SELECT {_columns(typed.spec)} FROM read_parquet([{files}])"
    if rekeyed is not None:
        rows = rekeyed.rows
    if typed.spec.time and not (
        typed.spec.by_source and "customer_id" in typed.spec.key
    ):  # tables of an earlier release know a line by its line_id alone
        rows = f"SELECT * REPLACE ({row_key(typed.spec, 'row_key')} AS row_key) FROM ({rows})"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW old_rows AS {rows}")
    if typed.source.distinct and typed.spec.time is None:
        _keep_filled(connection, typed)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE changes AS {_changes(typed)}")


def _keep_filled(connection: duckdb.DuckDBPyConnection, typed: Typed) -> None:
    """What is known of a thing is not lost where the rows of this source that speak of it leave it empty."""
    spec = typed.spec
    same = " AND ".join(f"t.{quote(name)} = o.{quote(name)}" for name in spec.key)
    for name in (quote(column) for column in typed.source.columns if column not in spec.key):
        connection.execute(
            f"UPDATE {typed.relation} AS t SET {name} = o.{name} FROM old_rows AS o"
            f" WHERE {same} AND t.{name} IS NULL AND o.{name} IS NOT NULL AND {typed.good}"
        )


def _changes(typed: Typed) -> str:
    """Rows are matched by 128 bits of hash of their identity: exact for any number of rows a shop has."""
    spec, columns = typed.spec, _columns(typed.spec)
    second = f"hash({identity(spec)}, 'second')"
    day = ", day AS day_" if spec.time else ""
    old = f"SELECT hash({identity(spec)}) AS h1, {second} AS h2, hash({columns}) AS content_{day} FROM old_rows"
    return f"""
    SELECT t.*, o.h1 IS NOT NULL AS replaces, {"o.day_" if spec.time else "NULL"} AS old_day
    FROM (SELECT {columns}, key_hash AS h1_, {second} AS h2_, hash({columns}) AS content_new_
          FROM {typed.relation} WHERE {typed.good}) AS t
    LEFT JOIN ({old}) AS o ON t.h1_ = o.h1 AND t.h2_ = o.h2
    WHERE o.h1 IS NULL OR o.content_ <> t.content_new_"""


def _same_key(spec: TableSpec, left: str, right: str) -> str:
    names = ["row_key"] if spec.time else list(spec.key)
    return " AND ".join(f"{left}.{quote(name)} IS NOT DISTINCT FROM {right}.{quote(name)}" for name in names)


def _columns(spec: TableSpec) -> str:
    return ", ".join(quote(name) for name in spec.stored)


def _since(connection: duckdb.DuckDBPyConnection, spec: TableSpec, rekeyed: Rekeyed | None) -> date | None:
    """The earliest day that the changes touch; None (any day) for tables without a time."""
    if spec.time is None:
        return None
    days = f"SELECT least(day, old_day) AS day FROM changes UNION ALL SELECT day FROM {revisions.REVISED}"
    [(day,)] = connection.execute(f"SELECT min(day) FROM ({days})").fetchall()
    days_ = [found for found in (day, rekeyed.since if rekeyed else None) if found is not None]
    return min(days_, default=None)


def _write(
    connection: duckdb.DuckDBPyConnection,
    spec: TableSpec,
    rows: str,
    *,
    folder: Path,
    kept: list[Path],
    since: date | None,
) -> TableChange:
    """Write rows into one new file; facts in the order of their days."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700 if spec.protected else 0o755)
    path = folder / f"{spec.name}-{uuid4().hex[:12]}.parquet"
    order = " ORDER BY day, row_key" if spec.time else ""
    with replacing(path, 0o600 if spec.protected else 0o644) as staged:
        write_parquet(connection, rows + order, staged)
    files = [*kept, path]
    names = ", ".join(literal(str(file)) for file in files)
    days = "min(day), max(day)" if spec.time else "NULL, NULL"
    [(count, first, last)] = connection.execute(f"SELECT count(*), {days} FROM read_parquet([{names}])").fetchall()
    return TableChange(files, count, since, first, last)
