"""Bad rows, kept with their reasons, their place in the source and their values as text."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import duckdb
import pyarrow as pa

from core import utc
from core.expressions import analyse, literal, quote
from core.files import replacing
from core.workspace import Workspace
from pipelines.ingest.checks import RowCheck, reasons
from pipelines.ingest.engine import scalar, write_parquet
from pipelines.ingest.typed import Typed
from pipelines.ingest.verdicts import folder
from pipelines.sources.identity_form import KINDS
from pipelines.sources.source import ROW

EXAMPLES = 3
_MAIL = '[^\\s,;"@]+@[^\\s,;"]+'


def path(workspace: Workspace, typed: Typed) -> Path:
    """One file per source: reading a source again replaces its bad rows."""
    digest = hashlib.sha256(typed.source.origin.label.encode()).hexdigest()[:12]
    return folder(workspace, typed.spec) / f"{digest}.parquet"


def count(connection: duckdb.DuckDBPyConnection, typed: Typed) -> tuple[int, dict[str, int]]:
    """How many rows are bad, and how many for each reason (a row may have several)."""
    bits = [f"count(*) FILTER (mask & {1 << bit} <> 0)" for bit in range(len(typed.checks))]
    [row] = connection.execute(f"SELECT count(*), {', '.join(bits)} FROM {typed.relation} WHERE mask <> 0").fetchall()
    found = {check.reason: number for check, number in zip(typed.checks, row[1:], strict=True) if number}
    for broken in typed.staged.broken:
        found[broken.reason] = found.get(broken.reason, 0) + 1
    return row[0] + len(typed.staged.broken), dict(sorted(found.items(), key=lambda item: -item[1]))


def write(
    connection: duckdb.DuckDBPyConnection,
    typed: Typed,
    target: Path,
    dropped: Collection[str] = frozenset(),
    together: tuple[str, ...] | None = None,
) -> None:
    """Write the bad rows to `target`, but for those that were dropped; or remove it where there are none.

    `together`: only a part of the source was read, whole in respect of these columns. Rows that `target` holds already
    stay, but for those that were read again.
    """
    bad = scalar(connection, f"SELECT count(*) FROM {typed.relation} WHERE mask <> 0") + len(typed.staged.broken)
    earlier = together is not None and target.exists()
    if not bad and not earlier:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _register_positions(connection, typed)
    connection.register("dropped_rows", pa.table({"digest": pa.array(sorted(dropped), pa.string())}))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE bad_rows AS {_bad_rows(typed)}")
    if earlier:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE bad_rows AS {_with_earlier(typed, target, together or ())}")
    connection.execute("DELETE FROM bad_rows WHERE digest IN (SELECT digest FROM dropped_rows)")
    if not scalar(connection, "SELECT count(*) FROM bad_rows"):
        target.unlink(missing_ok=True)
        return
    with replacing(target, 0o600) as staged:
        write_parquet(connection, "FROM bad_rows ORDER BY source, position", staged)


def _with_earlier(typed: Typed, target: Path, together: tuple[str, ...]) -> str:
    """The bad rows of this time, and those of earlier ones that were not read again."""
    names = [name for name in together if name in typed.staged.types]
    columns = names or list(typed.staged.types)
    read = ", ".join(f"CAST({quote(name)} AS VARCHAR)" for name in columns)
    kept = ", ".join(quote("raw_" + name) for name in columns)
    return (
        f"SELECT * FROM bad_rows UNION ALL BY NAME SELECT * FROM read_parquet({literal(str(target))})"
        f" WHERE hash({kept}) NOT IN (SELECT hash({read}) FROM {quote(typed.staged.relation)})"
    )


def _bad_rows(typed: Typed) -> str:
    """The query of the bad rows, with what `rows_aside.COLUMNS` says of each."""
    hidden = _only_keys(typed)
    values = {name: "NULL" if name in hidden else f"r.{quote(name)}" for name in typed.staged.types}
    raw = ", ".join(f"CAST({value} AS VARCHAR) AS {quote('raw_' + name)}" for name, value in values.items())
    unit = literal(typed.staged.unit)
    names = [f"coalesce(CAST(r.{quote(name)} AS VARCHAR), chr(30))" for name in typed.staged.types]
    unread = " OR ".join(f"coalesce(r.{fault.mark}, false)" for fault in typed.staged.faults) or "false"
    known = [
        f"{literal(utc.text())} AS set_aside_at",
        f"md5(concat_ws(chr(31), {', '.join(names)})) AS digest",
        "false AS broken",
        f"({unread}) AS unread",
        *(["t.day", "t.row_key"] if typed.spec.time else []),
        *([f"t.{typed.brought} AS revenue"] if typed.spec.name == "orders" else []),
    ]
    rows = (
        f"SELECT {reasons(list(typed.checks))} AS reason, p.source, p.position, {unit} AS unit,"
        f" {', '.join(known)}, {raw}"
        f" FROM {typed.relation} AS t JOIN {quote(typed.staged.relation)} AS r USING ({ROW})"
        f" JOIN bad_positions AS p USING ({ROW}) WHERE mask <> 0"
    )
    line = f"regexp_replace(text, {literal(_MAIL)}, '...', 'g')" if hidden else "text"
    broken = (
        f"SELECT reason, source, position, {unit} AS unit, {known[0]}, md5(text) AS digest, true AS broken,"
        f" {line} AS raw_line FROM broken_rows"
    )
    return f"{rows} UNION ALL BY NAME {broken}"


def _only_keys(typed: Typed) -> set[str]:
    """Columns of the source that only tell who a row is about: e-mails and the like are not kept in clear."""
    source, types = typed.source, typed.staged.types
    keys = dict(source.keys)
    columns = dict(source.columns)
    if source.table == "identities":
        keys = {kind: text for kind, text in columns.items() if kind in KINDS}
        columns = {name: text for name, text in columns.items() if name not in KINDS}
    others = [*columns.values(), *([source.where] if source.where else [])] if keys else []
    read = {name for text in others for name in analyse(text, types, where=source.table).columns}
    return {name for text in keys.values() for name in analyse(text, types, where=source.table).columns} - read


def examples(connection: duckdb.DuckDBPyConnection, typed: Typed, bit: int) -> list[str]:
    """A few rows that fail one check: their place and the value that shows why."""
    check = typed.checks[bit]
    shown = _shown(typed, check)
    found = connection.execute(
        f"SELECT t.{ROW}, {shown} FROM {typed.relation} AS t JOIN {quote(typed.staged.relation)} AS r USING ({ROW})"
        f" WHERE mask & {1 << bit} <> 0 ORDER BY t.{ROW} LIMIT {EXAMPLES}"
    ).fetchall()
    places = typed.staged.places([row for row, _ in found])
    return [f"{place}{text}" for place, (_, text) in zip(places, found, strict=True)]


def _shown(typed: Typed, check: RowCheck) -> str:
    """SQL of « Quantity='abc'» for the source columns that a check looks at."""
    text = typed.source.columns.get(check.column or "", "")
    names = [name for name in typed.staged.types if name.lower() in text.lower()]
    names = [check.source_column] if check.source_column else names
    if not names or typed.spec.protected:
        return "''"
    parts = [f"{literal(f' {name}=')} || coalesce(repr_, 'nothing')" for name in names]
    values = [f"'''' || CAST(r.{quote(name)} AS VARCHAR) || ''''" for name in names]
    return " || ','  || ".join(p.replace("repr_", v) for p, v in zip(parts, values, strict=True))


def _register_positions(connection: duckdb.DuckDBPyConnection, typed: Typed) -> None:
    rows = [row for (row,) in connection.execute(f"SELECT {ROW} FROM {typed.relation} WHERE mask <> 0").fetchall()]
    staged, label = typed.staged, typed.source.origin.label
    files = staged.files(rows) if staged.files else [label] * len(rows)
    positions = pa.table(
        {
            ROW: pa.array(rows, pa.int64()),
            "source": pa.array(files, pa.string()),
            "position": pa.array(staged.positions(rows), pa.int64()),
        }
    )
    broken = staged.broken
    lines = pa.table(
        {
            "source": pa.array([row.file or label for row in broken], pa.string()),
            "reason": pa.array([row.reason for row in broken], pa.string()),
            "position": pa.array([row.position for row in broken], pa.int64()),
            "text": pa.array([row.text for row in broken], pa.string()),
        }
    )
    connection.register("bad_positions", positions)
    connection.register("broken_rows", lines)
