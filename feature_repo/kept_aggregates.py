"""Aggregates that an earlier process has computed of the same tables: a database file beside the snapshots.

Half of what a snapshot takes is aggregating order lines, and each command that builds one would do it again. The file
`features/.aggregates/KEY.duckdb` holds for its key alone: the data, the code, the settings and the engine that its
tables were made of and by. It is written once, in whole, and read by any number of processes where it lies: nothing of
it is read into memory that no query asks for. One of another key goes when the next is written.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Final

import duckdb
import structlog
from ibis.backends import BaseBackend

from core.expressions import literal
from core.files import replacing
from feature_repo import aggregates, code_types

NAMES: Final = ("baskets", "visits", "purchases", "category_days")
"""Those that cost more to make than to keep; `counted` needs more room than all of them."""
LEAST_SECONDS: Final = 1.0
"""What took less to make is made again."""
_KEPT, _NEW = "kept_aggregates", "new_aggregates"
_log = structlog.get_logger(__name__)


class KeptAggregates:
    """The aggregates that are kept for one state of the tables, as views of an engine's connection."""

    def __init__(self, folder: Path, engine: BaseBackend, made_of: Sequence[str]) -> None:
        self._folder, self._engine = folder, engine
        modules = [Path(str(module.__file__)).read_text() for module in (aggregates, code_types)]
        content = "\0".join([*made_of, *modules, version("duckdb")])
        self._file = folder / f"{hashlib.sha256(content.encode()).hexdigest()[:16]}.duckdb"
        self._made: dict[str, float] = {}
        """What was computed here, and how many seconds it took."""

    def fill(self, name: str, make: Callable[[], None]) -> None:
        """Have an aggregate under its name: as it is kept, else as `make` computes it."""
        if name in self._there:
            self._engine.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{name}" AS SELECT * FROM {_KEPT}.main."{name}"')
            return
        started = time.monotonic()
        make()
        if name in NAMES:
            self._made[name] = time.monotonic() - started

    def has(self, name: str) -> bool:
        """Whether it is kept."""
        return name in self._there

    def save(self) -> None:
        """Keep what was computed since, if it took long; where the disk has no room for it, nothing is kept."""
        if sum(self._made.values()) < LEAST_SECONDS:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with replacing(self._file) as staged:
                self._write(staged)
        except (duckdb.Error, OSError) as error:
            _log.warning("aggregates_not_kept", error=type(error).__name__)
        for other in self._folder.glob("*.duckdb"):
            if other != self._file:
                other.unlink(missing_ok=True)  # a process that reads it still has it
        self._made.clear()

    def _write(self, staged: Path) -> None:
        staged.unlink(missing_ok=True)  # the engine makes no database of an empty file
        self._engine.raw_sql(f"ATTACH {literal(str(staged))} AS {_NEW}")
        try:
            for name, there in [*((name, _KEPT) for name in self._there), *((name, "temp") for name in self._made)]:
                self._engine.raw_sql(f'CREATE TABLE {_NEW}.main."{name}" AS SELECT * FROM {there}.main."{name}"')
        finally:
            self._engine.raw_sql(f"DETACH {_NEW}")

    @cached_property
    def _there(self) -> list[str]:
        """The names in the file; it stays attached to the connection."""
        if not self._file.exists():
            return []
        try:
            self._engine.raw_sql(f"ATTACH {literal(str(self._file))} AS {_KEPT} (READ_ONLY)")
            found = self._engine.raw_sql(f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{_KEPT}'")
        except duckdb.Error as error:  # damaged, or gone meanwhile: they are computed
            _log.warning("kept_aggregates_not_read", error=type(error).__name__)
            return []
        return [name for (name,) in found.fetchall()]
