"""The rows set aside, as a person looks at them: by table and reason, row by row, and dropped for good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from core import query_engine
from core.audit import AuditLog, person
from core.errors import UsageError, did_you_mean
from core.expressions import literal, quote
from core.files import replacing
from core.workspace import Workspace
from feature_repo.contract import TABLES, TableSpec
from pipelines.ingest import verdicts
from pipelines.ingest.engine import engine_errors, scalar, write_parquet
from pipelines.sources.source import ROW

ASIDE = "rows_aside"
"""The relation of a table's rows set aside: `ROW`, `file_`, what `COLUMNS` says, and the source's values as `raw_*`."""
RAW = "raw_"
BROKEN = "(broken OR reason LIKE 'the line can''t be read%')"
_BETWEEN = "; "
COLUMNS = {
    "reason": "VARCHAR",
    "source": "VARCHAR",
    "position": "BIGINT",
    "unit": "VARCHAR",
    "day": "DATE",
    "revenue": "DOUBLE",
    "set_aside_at": "VARCHAR",
    "row_key": "VARCHAR",
    "digest": "VARCHAR",
    "broken": "BOOLEAN",
    "unread": "BOOLEAN",
}
"""What is kept of a row beside its values; an earlier release kept the first four.

`row_key` is the identity the row would have, `digest` what it is known by once it is dropped, `broken` says that it
could not be cut into columns, `unread` that an operation could not read it.
"""


@dataclass(frozen=True)
class ReasonAside:
    """The rows of one table with one reason. A row with several counts under each."""

    table: str
    reason: str
    rows: int
    revenue: Decimal | None
    first_day: date | None
    last_day: date | None
    first: str
    last: str
    set_aside_at: str | None


@dataclass(frozen=True)
class RowAside:
    """One row: where it stands, why it was set aside, and its values in the source."""

    place: str
    reason: str
    values: dict[str, str | None]


def counted(workspace: Workspace) -> list[ReasonAside]:
    """All rows set aside, by table and reason."""
    return [found for spec in TABLES.values() for found in _counted(workspace, spec)]


def shown(workspace: Workspace, table: str, reason: str | None, limit: int) -> tuple[list[RowAside], int]:
    """Some of the rows of a table set aside (for a reason), and how many there are.

    Values of protected attributes stay apart: of these only the places are shown.

    Raises:
        UsageError: there is no such table or no such reason.
    """
    spec = known_table(table)
    with opened(workspace, spec) as connection:
        chosen = chosen_by(connection, table, reason)
        [(total,)] = connection.execute(f"SELECT count(*) FROM {ASIDE} WHERE {chosen}").fetchall()
        raw = raw_columns(connection)
        values = ", ".join(quote(RAW + name) for name in raw)
        rows = connection.execute(
            f"SELECT source, unit, position, reason{f', {values}' if raw else ''} FROM {ASIDE} WHERE {chosen}"
            f" ORDER BY source, position LIMIT {limit}"
        ).fetchall()
    return [
        RowAside(
            _place(source, unit, position),
            why,
            {} if spec.protected else {name: v for name, v in zip(raw, said, strict=True) if v is not None},
        )
        for source, unit, position, why, *said in rows
    ], total


def drop(workspace: Workspace, table: str, reason: str | None, because: str) -> int:
    """Forget rows set aside for good: their source may tell them again, they stay forgotten. Returns how many.

    Raises:
        UsageError: there is no such table or no such reason, or it does not say why.
        StoreError: an ingest is running.
    """
    spec = known_table(table)
    because = stated(because)
    with workspace.table_store.lock(), engine_errors(), opened(workspace, spec) as connection:
        chosen = chosen_by(connection, table, reason)
        gone = connection.execute(f"SELECT digest FROM {ASIDE} WHERE {chosen}").fetchall()
        decided = verdicts.recall(workspace, spec)
        decided.dropped |= {digest for (digest,) in gone if digest}
        decided.save()
        rewrite(connection, chosen)
        if gone:
            details = {"rows": len(gone), "set_aside_for": reason, "because": because}
            AuditLog(workspace).append("quarantine drop", person(), table, details)
    return len(gone)


def stated(because: str) -> str:
    """The reason a person gives.

    Raises:
        UsageError: there is none.
    """
    if not because.strip():
        raise UsageError("it has to be said why", todo='say it with --because "..."; it stays in the audit log')
    return because.strip()


def known_table(name: str) -> TableSpec:
    """The contract's table of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in TABLES:
        raise UsageError(f"there is no table {name!r}", todo=did_you_mean(name, TABLES))
    return TABLES[name]


@contextmanager
def opened(workspace: Workspace, spec: TableSpec) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with `ASIDE`."""
    with query_engine.connect(workspace) as connection:
        load(connection, files(workspace, spec))
        yield connection


def count(workspace: Workspace, spec: TableSpec) -> int:
    """How many rows of a table are set aside."""
    with opened(workspace, spec) as connection:
        return scalar(connection, f"SELECT count(*) FROM {ASIDE}")


def files(workspace: Workspace, spec: TableSpec) -> list[Path]:
    """The files of a table's rows set aside."""
    return sorted(verdicts.folder(workspace, spec).glob("*.parquet"))


def load(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> None:
    """Make `ASIDE` of these files."""
    if not paths:
        empty = ", ".join(f"CAST(NULL AS {type_}) AS {name}" for name, type_ in COLUMNS.items())
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {ASIDE} AS SELECT 0 AS {ROW}, '' AS file_, {empty} LIMIT 0")
        return
    listed = ", ".join(literal(str(path)) for path in paths)
    rows = f"read_parquet([{listed}], union_by_name = true, filename = 'file_')"
    there = {name for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
    columns = [quote(name) if name in there else f"CAST(NULL AS {type_}) AS {name}" for name, type_ in COLUMNS.items()]
    raw = [quote(name) for name in sorted(there) if name.startswith(RAW)]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {ASIDE} AS"
        f" SELECT row_number() OVER () - 1 AS {ROW}, file_, {', '.join([*columns, *raw])} FROM {rows}"
    )


def raw_columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The source's columns in `ASIDE`, without their mark."""
    described = connection.execute(f"DESCRIBE {ASIDE}").fetchall()
    return [name.removeprefix(RAW) for name, *_ in described if name.startswith(RAW)]


def chosen_by(connection: duckdb.DuckDBPyConnection, table: str, reason: str | None) -> str:
    """SQL condition for the rows of `ASIDE` with a reason: the whole of one, or a part that names it.

    Raises:
        UsageError: no row was set aside for it.
    """
    if reason is None:
        return "true"
    listed = f"SELECT DISTINCT unnest(string_split(reason, '{_BETWEEN}')) FROM {ASIDE} ORDER BY 1"
    known = [found for (found,) in connection.execute(listed).fetchall()]
    meant = [found for found in known if found == reason] or [f for f in known if reason.lower() in f.lower()]
    if not meant:
        raise UsageError(f"no row of {table} is set aside for {reason!r}", todo=did_you_mean(reason, known))
    named = ", ".join(literal(found) for found in meant)
    return f"list_has_any(string_split(reason, '{_BETWEEN}'), [{named}])"


def rewrite(connection: duckdb.DuckDBPyConnection, gone: str, marks: Sequence[str] = ()) -> None:
    """Take the rows for which `gone` holds out of their files; a file without rows goes. `marks` are no columns."""
    but = ", ".join([ROW, "file_", *marks])
    for (file,) in connection.execute(f"SELECT DISTINCT file_ FROM {ASIDE} ORDER BY 1").fetchall():
        rows = f"FROM {ASIDE} WHERE file_ = {literal(file)} AND NOT coalesce({gone}, false)"
        [(left,)] = connection.execute(f"SELECT count(*) {rows}").fetchall()
        if not left:
            Path(file).unlink(missing_ok=True)
            continue
        with replacing(Path(file), 0o600) as staged:
            kept = f"SELECT * EXCLUDE ({but}) {rows} ORDER BY {ROW}"
            write_parquet(connection, kept, staged)


def _counted(workspace: Workspace, spec: TableSpec) -> list[ReasonAside]:
    paths = files(workspace, spec)
    if not paths:
        return []
    with query_engine.connect(workspace) as connection:
        load(connection, paths)
        place = "{0}(source, (source, position)) AS s, {0}(unit, (source, position)), {0}(position, (source, position))"
        rows = connection.execute(
            "SELECT r, count(*), sum(TRY_CAST(revenue AS DECIMAL(24, 4))), min(day), max(day), max(set_aside_at),"
            f" {place.format('arg_min')}, {place.format('arg_max').replace('AS s', 'AS z')}"
            f" FROM (SELECT *, unnest(string_split(reason, '{_BETWEEN}')) AS r FROM {ASIDE})"
            " GROUP BY r ORDER BY count(*) DESC, r"
        ).fetchall()
    return [
        ReasonAside(spec.name, reason, n, revenue, first, last, _place(*row[:3]), _place(*row[3:]), at)
        for reason, n, revenue, first, last, at, *row in rows
    ]


def _place(source: str, unit: str, position: int) -> str:
    return f"{source}, {unit} {position:,}"
