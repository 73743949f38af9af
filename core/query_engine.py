"""The table engine: the one door to DuckDB, so that every connection keeps to the settings' threads and memory.

What does not fit into memory is spilled: beside a database file, else into a folder of this process in the workspace.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import duckdb

from core import leases
from core.settings import Settings
from core.workspace import Workspace

_until_exit = ExitStack()
atexit.register(_until_exit.close)
_numbers = count()


def connect(workspace: Workspace, database: Path | None = None, memory_mb: int = 0) -> duckdb.DuckDBPyConnection:
    """A connection to a database file, or to one in memory; its clock is UTC.

    `memory_mb` is told where it is to have less memory than the settings allow. Close it, or use it as a context
    manager.
    """
    settings = workspace.settings.model_copy(update={"memory_mb": memory_mb or workspace.settings.memory_mb})
    if database is not None:
        return _open(settings, database.with_suffix(".spill"), str(database))
    return _open(settings, spill_folder(workspace))


def spill_folder(workspace: Workspace) -> Path:
    """A folder of this process, not there yet, for what does not fit into memory; it is gone with the process."""
    spill = _folder_of(workspace.root / ".spill", os.getpid()) / str(next(_numbers))
    spill.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return spill


@contextmanager
def without_workspace() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for a look at files before there is a workspace; the defaults of the settings are its limits."""
    with tempfile.TemporaryDirectory(prefix="regulars-") as folder, _open(Settings(), Path(folder)) as connection:
        yield connection


@contextmanager
def on_tables(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a view of every table, all of one generation, whose files stay until its end."""
    with workspace.pinned() as pinned, connect(pinned) as connection:
        pinned.tables.register(connection)
        yield connection


def _open(settings: Settings, spill: Path, database: str = ":memory:") -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        database,
        config={
            "threads": settings.threads,
            "memory_limit": f"{settings.memory_mb}MB",
            "temp_directory": str(spill),
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection


@cache
def _folder_of(root: Path, process: int) -> Path:
    """A process's own: the engine shares a folder with no other. What killed processes have spilled goes."""
    leases.sweep(root)
    return _until_exit.enter_context(leases.held(root))
