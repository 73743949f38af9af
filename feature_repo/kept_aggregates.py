"""Aggregates of many order lines, kept in database files beside the snapshots, where later commands read them.

Half of what a snapshot takes is aggregating order lines, and each command that builds one would do it again. A file
`features/.aggregates/KEY-NAME.duckdb` holds for its key alone: the data, the code, the settings and the engine that it
was made of and by. It is written once, in whole, and read by any number of processes where it lies: what no query asks
for is never in memory, and what has to leave memory need not be written anywhere. Files of another key go when the next
is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import duckdb
import structlog
from ibis.backends import BaseBackend

from core import locks
from core.expressions import literal
from core.files import replacing
from feature_repo import aggregates, code_types

NAMES: Final = ("baskets", "visits", "purchases", "category_days")
"""Those that cost more to make than to keep; `counted` needs more room than all of them."""
LEAST_LINES: Final = 500_000
"""Fewer order lines are aggregated again within a second."""
_NEW: Final = "new_aggregate"
_log = structlog.get_logger(__name__)


class KeptAggregates:
    """The aggregates of one state of the tables, as views of an engine's connection."""

    def __init__(self, folder: Path, engine: BaseBackend, lines: int, made_of: Sequence[str]) -> None:
        self._folder, self._engine, self._lines = folder, engine, lines
        modules = [Path(str(module.__file__)).read_text() for module in (aggregates, code_types)]
        content = "\0".join([*made_of, *modules, version("duckdb")])
        self._key = hashlib.sha256(content.encode()).hexdigest()[:16]
        self._attached: set[str] = set()

    def keeps(self, name: str) -> bool:
        """Whether an aggregate of so many lines is kept."""
        return name in NAMES and self._lines >= LEAST_LINES

    def has(self, name: str) -> bool:
        """Whether it is there; the connection then has it under its name."""
        if name in self._attached:
            return True
        file, place = self._file(name), _place(name)
        if not file.exists():
            return False
        try:
            self._engine.raw_sql(f"ATTACH {literal(str(file))} AS {place} (READ_ONLY)")
            self._engine.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{name}" AS SELECT * FROM {place}.main."{name}"')
        except duckdb.Error as error:  # damaged, or gone meanwhile
            _log.warning("kept_aggregate_not_read", name=name, error=type(error).__name__)
            return False
        self._attached.add(name)
        return True

    def make(self, name: str, query: str) -> bool:
        """Compute an aggregate into its file, unless another process does meanwhile; False where the disk doesn't
        take it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with locks.waiting(self._folder / ".lock"):
            if self.has(name):
                return True
            self._tidy()
            try:
                with replacing(self._file(name)) as staged:
                    staged.unlink(missing_ok=True)  # the engine makes no database of an empty file
                    self._write(staged, name, query)
            except (duckdb.IOException, OSError) as error:
                _log.warning("aggregate_not_kept", name=name, error=type(error).__name__)
                return False
        return self.has(name)

    def _tidy(self) -> None:
        """Remove what is of another key, and what a killed process has left half; hold the lock meanwhile."""
        for other in self._folder.glob("*.duckdb"):
            if not other.name.startswith(self._key):
                other.unlink(missing_ok=True)  # a process that reads it still has it

    def _write(self, staged: Path, name: str, query: str) -> None:
        self._engine.raw_sql(f"ATTACH {literal(str(staged))} AS {_NEW}")
        try:
            self._engine.raw_sql(f'CREATE TABLE {_NEW}.main."{name}" AS {query}')
        finally:
            self._engine.raw_sql(f"DETACH {_NEW}")

    def _file(self, name: str) -> Path:
        return self._folder / f"{self._key}-{name}.duckdb"


def _place(name: str) -> str:
    return f"kept_{name}"
