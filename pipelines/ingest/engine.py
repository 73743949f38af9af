"""The DuckDB connection of one ingest: on disk, within the settings' memory, closed to the outside when needed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from core import query_engine
from core.errors import DataError, StoreError
from core.expressions import literal
from core.workspace import Workspace
from pipelines.sources.readers import first_line

FOLDER = ".staging"
_INTERRUPTED = "Query interrupted"
"""What the engine makes of a Ctrl-C while it works."""


@contextmanager
def open_engine(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on a scratch database inside the workspace, gone afterwards.

    Hold the tables' lock meanwhile: what a crash left behind is removed first.
    """
    folder = workspace.root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        with query_engine.connect(workspace, folder / "staging.duckdb") as connection:
            connection.execute("SET wal_autocheckpoint = '1TB'")
            connection.execute("PRAGMA disable_checkpoint_on_shutdown")
            yield connection
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def engine_errors() -> Iterator[None]:
    """Say the engine's errors as ours."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise StoreError("not enough memory", why=first_line(error), todo="raise memory_mb in regulars.toml") from None
    except (duckdb.IOException, OSError) as error:
        why = first_line(error)
        raise StoreError("a file can't be read or written", why=why, todo="check the disk and its rights") from None
    except RuntimeError as error:
        if str(error) == _INTERRUPTED:
            raise KeyboardInterrupt from None
        raise
    except duckdb.Error as error:
        raise DataError("the rows can't be processed", why=first_line(error), todo="check mapping.yaml") from None


def close_to_the_outside(connection: duckdb.DuckDBPyConnection, reads: Iterable[Path], writes: Iterable[Path]) -> None:
    """From here on no query reads or writes any file but these, loads an extension or changes a setting."""
    connection.execute(f"SET allowed_paths = [{', '.join(literal(str(path)) for path in reads)}]")
    connection.execute(f"SET allowed_directories = [{', '.join(literal(str(path)) for path in writes)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, staged: Path) -> None:
    """Write what a query yields into a file that `core.files.replacing` has prepared, whose mode it keeps."""
    options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
    connection.execute(f"COPY ({query}) TO {literal(str(staged))} ({options})")


def scalar(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The one number a query yields; null counts as 0."""
    [(value,)] = connection.execute(sql).fetchall()
    return int(value or 0)
