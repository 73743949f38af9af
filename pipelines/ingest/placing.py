"""Notes where the rows that an ingest brought in stand in their source (see `core.row_places`).

A file's places are written once, after the file is committed, for files that have none yet. A row that an earlier
ingest brought, and that was written anew since, keeps its place unless this source tells it again. A crash in between
only means that places are missing until the source is read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core import row_places, utc
from core.expressions import literal
from core.files import replacing, sha256
from core.row_places import POSITION, READING, FileReading
from core.workspace import Workspace
from feature_repo.contract import TableSpec
from pipelines.ingest.engine import scalar
from pipelines.ingest.typed import Typed, identity
from pipelines.sources.file_set import FileSet
from pipelines.sources.line_numbers import LineNumbers
from pipelines.sources.source import ROW, Origin, Staged, row_numbers

_CHUNK = 200_000
"""Positions are worked out for so many rows at once."""


def note(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    typed: Typed,
    before: Sequence[Path],
    after: Sequence[Path],
) -> None:
    """Write the places of the rows in the files `after` that have none; `before` were the files in force.

    Hold the tables' lock meanwhile. Protected attributes have no places: no feature is ever built on them.
    """
    spec = typed.spec
    if spec.protected:
        return
    news = [file for file in after if not row_places.path_of(workspace, spec.name, file).exists()]
    if news:
        known = row_places.readings(workspace)
        told, found = _told(connection, typed, max(known, default=0) + 1)
        earlier = row_places.placed_rows(workspace, spec.name, before)
        for file in news:
            target = row_places.path_of(workspace, spec.name, file)
            in_order = _counted(typed.staged) and not before and spec.time is None
            query = told if in_order else _places(spec, file, told, earlier, typed)
            _write(connection, query, target)
            if pq.read_metadata(target).num_rows != pq.read_metadata(file).num_rows:  # two identities with one hash
                target.unlink()
        known |= {reading.number: reading for reading in found}
        _sweep(workspace, spec.name, after)
        row_places.keep_readings(workspace, _in_use(connection, workspace, known))


def carry(connection: duckdb.DuckDBPyConnection, workspace: Workspace, spec: TableSpec, before: Sequence[Path]) -> None:
    """Give the rows of a table that was written anew without reading its source the places that they had `before`.

    Hold the tables' lock meanwhile.
    """
    earlier = row_places.placed_rows(workspace, spec.name, before)
    after = workspace.tables.files(spec.name) if not spec.protected else []
    for file in after if earlier else ():
        target = row_places.path_of(workspace, spec.name, file)
        if not target.exists():
            _write(connection, _places(spec, file, "", earlier), target)
    _sweep(workspace, spec.name, after)


def _told(connection: duckdb.DuckDBPyConnection, typed: Typed, first: int) -> tuple[str, list[FileReading]]:
    """The query of the places of good rows, in their order, and the readings, numbered from `first`."""
    staged, origin = typed.staged, typed.source.origin
    rows = f"FROM {typed.relation} WHERE {typed.good}"
    numbers: dict[str, int] = {}
    if _counted(staged):  # by the engine: tables of many millions come so
        numbers[origin.label] = first
        query = f"SELECT {first}::INTEGER AS reading, {ROW} + 1 AS position, key_hash AS h {rows}"
    elif isinstance(staged.positions, LineNumbers) and staged.files is None:
        numbers[origin.label] = first
        query = _stepped(connection, staged.positions, f"SELECT {ROW}, key_hash AS h {rows}", first)
    else:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE row_places_ ({ROW} BIGINT, reading INTEGER, position BIGINT)")
        for chunk in _chunks(connection, typed):
            files = staged.files(chunk) if staged.files else [origin.label] * len(chunk)
            for file in files:
                numbers.setdefault(file, first + len(numbers))
            _insert(connection, chunk, [numbers[file] for file in files], staged.positions(chunk))
        good = f"SELECT {ROW}, key_hash AS h {rows}"
        query = f"SELECT reading, position, h FROM ({good}) JOIN row_places_ USING ({ROW}) ORDER BY {ROW}"
    digests, at = _digests(origin), utc.text()
    return query, [
        FileReading(number, typed.spec.name, file, staged.unit, digests.get(file, digests.get("")), at)
        for file, number in numbers.items()
    ]


def _stepped(connection: duckdb.DuckDBPyConnection, lines: LineNumbers, rows: str, reading: int) -> str:
    """The query of the places of a text file's rows, by the engine: lines and rows go in step nearly everywhere."""
    steps = [*lines.steps] or [(0, 1)]
    if len(steps) == 1:
        return (
            f"SELECT {reading}::INTEGER AS reading, {ROW} + {steps[0][1]} AS position, h FROM ({rows}) ORDER BY {ROW}"
        )
    from_, shift = zip(*steps, strict=True)
    connection.register(
        "steps_found", pa.table({"from_": pa.array(from_, pa.int64()), "shift": pa.array(shift, pa.int64())})
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE row_steps_ AS SELECT * FROM steps_found")
    connection.unregister("steps_found")
    return (
        f"SELECT {reading}::INTEGER AS reading, {ROW} + shift AS position, h FROM ({rows}) AS r"
        f" ASOF JOIN row_steps_ AS s ON r.{ROW} >= s.from_ ORDER BY {ROW}"
    )


def _counted(staged: Staged) -> bool:
    """Whether rows stand where their number says."""
    return staged.positions is row_numbers and staged.files is None


def _chunks(connection: duckdb.DuckDBPyConnection, typed: Typed) -> Iterator[list[int]]:
    last = scalar(connection, f"SELECT max({ROW}) FROM {typed.relation} WHERE {typed.good}")
    for start in range(0, last + 1, _CHUNK):
        between = f"{ROW} >= {start} AND {ROW} < {start + _CHUNK}"
        rows = connection.execute(f"SELECT {ROW} FROM {typed.relation} WHERE {typed.good} AND {between} ORDER BY 1")
        if chunk := rows.fetchnumpy()[ROW].tolist():
            yield chunk


def _insert(
    connection: duckdb.DuckDBPyConnection, rows: list[int], numbers: list[int], positions: Sequence[int]
) -> None:
    columns = {ROW: pa.array(rows, pa.int64()), "reading": pa.array(numbers, pa.int32())}
    connection.register("places_found", pa.table({**columns, "position": pa.array(positions, pa.int64())}))
    connection.execute("INSERT INTO row_places_ SELECT * FROM places_found")
    connection.unregister("places_found")


def _places(spec: TableSpec, file: Path, told: str, earlier: str, typed: Typed | None = None) -> str:
    """The query of the places of one file's rows, in its order; `earlier` are rows whose places were noted before.

    `typed`: the rows whose places were `told` anew.
    """
    key = f"hash({identity(spec)})"
    rows = f"SELECT file_row_number AS n, {key} AS h FROM read_parquet({literal(str(file))}, file_row_number = true)"
    if earlier:
        place = f"{READING} AS reading, {POSITION} AS position"
        kept = f"SELECT {place}, {key} AS h FROM ({earlier}) WHERE {READING} IS NOT NULL"
        if typed is None:
            told = kept
        else:
            news = f"SELECT key_hash FROM {typed.relation} WHERE {typed.good}"
            told = f"SELECT * FROM ({told}) UNION ALL SELECT * FROM ({kept}) AS k WHERE h NOT IN ({news})"
    return f"SELECT reading, position FROM ({rows}) AS f LEFT JOIN ({told}) AS t USING (h) ORDER BY n"


def _write(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, USE_TMP_FILE false"
    with replacing(target, 0o600) as staged:
        connection.execute(f"COPY (SELECT reading, position FROM ({query})) TO {literal(str(staged))} ({options})")


def _sweep(workspace: Workspace, table: str, in_force: Sequence[Path]) -> None:
    """Remove the places of files that are no more; a reader of an older generation finds its places not noted."""
    names = {file.name for file in in_force}
    for path in row_places.folder(workspace, table).glob("*.parquet"):
        if path.name not in names:
            path.unlink(missing_ok=True)


def _in_use(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, known: Mapping[int, FileReading]
) -> list[FileReading]:
    """The readings that some row came by."""
    files = [str(path) for path in workspace.lineage_dir.glob("*/*.parquet")]
    if not files:
        return []
    listed = ", ".join(literal(path) for path in files)
    used = connection.execute(f"SELECT DISTINCT reading FROM read_parquet([{listed}])").fetchall()
    return [known[number] for (number,) in sorted(used, key=str) if number in known]


def _digests(origin: Origin) -> dict[str, str]:
    """The SHA-256 of each file by its label; "" is that of the whole source, for files within one (of an archive)."""
    parts: Sequence[Origin] = origin.distinct if isinstance(origin, FileSet) else (origin,)
    found = {part.label: digest for part in parts if (digest := _digest(part.made_of))}
    return found | ({"": next(iter(found.values()))} if len(found) == 1 else {})


def _digest(files: Sequence[Path]) -> str | None:
    each = [sha256(file) for file in files]
    if len(each) < 2:
        return each[0] if each else None
    return hashlib.sha256("\n".join(each).encode()).hexdigest()
