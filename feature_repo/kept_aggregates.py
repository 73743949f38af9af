"""Aggregates of many order lines, kept in database files beside the snapshots, where later commands read them.

Half of what a snapshot takes is aggregating order lines, and each command that builds one would do it again. A file
`features/.aggregates/KEY-NAME.duckdb` holds for its key: the code, the settings and the engine that it was made of and
by. It says which generation of the tables it was made from. Where lines have come since, `KEY-NAME-since.duckdb` has
the rows from the earliest day on that they touch, which take the place of those of the file; a day more costs a day,
whatever its lines correct or add to days before. Where that is much, or reaches far back, all is made anew.

Files are written once, in whole, and read by any number of processes where they lie: what no query asks for is never in
memory, and what has to leave memory need not be written anywhere. Files of another key go when the next is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Final
from uuid import uuid4

import duckdb
import structlog
from ibis.backends import BaseBackend

from core import locks
from core.expressions import literal
from core.files import replacing
from core.tables import Tables
from feature_repo import aggregates, code_types, kept_codes
from feature_repo.kept_codes import LOCK, KeptCodes
from feature_repo.table_changes import WHOLE, changed_since, history

NAMES: Final = ("baskets", "visits", "purchases", "category_days")
"""Those that cost more to make than to keep; `counted` needs more room than all of them."""
LEAST_LINES: Final = 500_000
"""Fewer order lines are aggregated again within a second."""
MOST_AGAIN: Final = 0.1
"""The share of all lines of which no more are aggregated again each time, until all are."""
SINCE, BEFORE = " since", " before"
"""After a table's name: its rows from the first day on that has changed, and those of the days before."""
STORED: Final = "stored "
"""Before a table's name: its rows as they are stored, without numbers for customers' ids."""
_MADE_OF: Final = ("orders", "products")
_COUNTING: Final = "SELECT product_id::VARCHAR, category::VARCHAR, department::VARCHAR, brand::VARCHAR FROM counting"
_NEW: Final = "new_aggregate"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class AggregateSource:
    """What a file was made of; `since` its first day, where `beside` says which file has those before.

    `names`: how many names each of its columns of codes can say.
    """

    file: str
    series: str
    generation: int
    history: str
    names: Mapping[str, int]
    since: str = ""
    beside: str = ""


@dataclass(frozen=True)
class AggregateQueries:
    """How an aggregate is made: of all lines, and of those since a day (from tables named so, see `SINCE`)."""

    whole: str
    since: str
    inputs: Sequence[str]
    columns: Sequence[str]


class KeptAggregates:
    """The aggregates of one state of the tables, as views of an engine's connection."""

    def __init__(
        self, folder: Path, engine: BaseBackend, tables: Tables, readable: Sequence[str], made_of: Sequence[str]
    ) -> None:
        self._folder, self._engine, self._tables = folder, engine, tables
        modules = [Path(str(module.__file__)).read_text() for module in (aggregates, code_types, kept_codes)]
        content = "\0".join([*made_of, *modules, Path(__file__).read_text(), version("duckdb")])
        self._key = hashlib.sha256(content.encode()).hexdigest()[:16]
        self.codes = KeptCodes(folder / f"{self._key}-codes.duckdb", engine, tables, readable)
        self._there: set[str] = set()

    def has(self, name: str) -> bool:
        """Whether it is there as of the tables; the connection then has it under its name."""
        if name in self._there:
            return True
        base = self._attached(name)
        if base is None:
            return False
        if not self._changed(base):
            return self._shown(name)
        more = self._attached(name + SINCE)
        if more is None or more.beside != base.file or self._changed(more):
            return False
        return self._shown(name, date.fromisoformat(more.since))

    def make(self, name: str, queries: AggregateQueries) -> bool:
        """Compute what is not there, unless another process does meanwhile; False where the disk doesn't take it.

        What it is made from has to be there.
        """
        with locks.waiting(self._folder / LOCK):
            if self.has(name):
                return True
            if not self.codes.are_kept():
                return False  # others find another numbering
            self._tidy()
            try:
                self._make(name, queries)
            except (duckdb.IOException, OSError) as error:
                _log.warning("aggregate_not_kept", name=name, error=type(error).__name__)
                return False
            return self.has(name)

    def _make(self, name: str, queries: AggregateQueries) -> None:
        made = self._made(queries.columns)
        base = self._attached(name)
        since = self._first_change(name, base) if base else WHOLE
        if base is None or self._lines(since) > MOST_AGAIN * self._tables.rows("orders"):
            self._write(name, queries.whole, made)
            self._file(name + SINCE).unlink(missing_ok=True)
            return
        self._engine.raw_sql(_view(name + BEFORE, f"SELECT * FROM {_place(name)}.main.rows {_days('<', since)}"))
        for table in queries.inputs:
            source = code_types.coded(table) if table in code_types.CODED else table
            self._engine.raw_sql(_view(table + SINCE, f'SELECT * FROM "{source}" {_days(">=", since)}'))
        if base.names == made.names:
            more = replace(made, since=since.isoformat(), beside=base.file)
            self._write(name + SINCE, queries.since, more)
            return
        types = ", ".join(f'CAST("{column}" AS {code_types.type_of(column)}) AS "{column}"' for column in made.names)
        rows = f'SELECT * REPLACE ({types}) FROM "{name}{BEFORE}" UNION ALL ({queries.since})'
        self._write(name, rows, made)
        self._file(name + SINCE).unlink(missing_ok=True)

    def _made(self, columns: Sequence[str]) -> AggregateSource:
        manifest = self._tables.manifest
        now = history(manifest, manifest.generation)
        return AggregateSource(uuid4().hex, self.codes.series, manifest.generation, now, self.codes.counts(columns))

    def _changed(self, made: AggregateSource) -> dict[str, date]:
        return changed_since(self._tables.manifest, _MADE_OF, made.generation)

    def _first_change(self, name: str, base: AggregateSource) -> date:
        """The first day with rows that are not as they were: `date.max` where there is none."""
        changed = self._changed(base)
        since = changed.get("orders", date.max)
        if "products" in changed:
            kept = f"SELECT * FROM {_place(name)}.main.counting"
            others = f"SELECT product_id FROM (({kept} EXCEPT {_COUNTING}) UNION ({_COUNTING} EXCEPT {kept}))"
            query = f'SELECT min(day) FROM "{STORED}orders" WHERE product_id IN ({others})'
            [(first,)] = self._engine.raw_sql(query).fetchall()
            since = min(since, first or date.max)
        return since

    def _lines(self, since: date) -> int:
        return int(self._engine.raw_sql(f'SELECT count(*) FROM "{STORED}orders" {_days(">=", since)}').fetchall()[0][0])

    def _tidy(self) -> None:
        """Remove what is of another key, and what a killed process has left half; hold the lock meanwhile."""
        for other in self._folder.glob("*.duckdb"):
            if not other.name.startswith(self._key):
                other.unlink(missing_ok=True)  # a process that reads it still has it

    def _attached(self, name: str) -> AggregateSource | None:
        """Attach a file that can be read with these codes; None where there is none."""
        file, place = self._file(name), _place(name)
        self._engine.raw_sql(f"DETACH DATABASE IF EXISTS {place}")
        if not file.exists():
            return None
        try:
            self._engine.raw_sql(f"ATTACH {literal(str(file))} AS {place} (READ_ONLY)")
            [(content,)] = self._engine.raw_sql(f"SELECT content FROM {place}.main.made").fetchall()
            made = AggregateSource(**json.loads(content))
        except (duckdb.Error, TypeError, ValueError) as error:  # damaged, or gone meanwhile
            _log.warning("kept_aggregate_not_read", name=name, error=type(error).__name__)
            return None
        same = made.history == history(self._tables.manifest, made.generation)
        return made if same and made.series == self.codes.series else None

    def _shown(self, name: str, since: date | None = None) -> bool:
        rows = f"SELECT * FROM {_place(name)}.main.rows"
        if since is not None:
            rows += f" {_days('<', since)} UNION ALL SELECT * FROM {_place(name + SINCE)}.main.rows"
        self._engine.raw_sql(_view(name, rows))
        self._there.add(name)
        return True

    def _write(self, name: str, query: str, made: AggregateSource) -> None:
        with replacing(self._file(name)) as staged:
            staged.unlink(missing_ok=True)  # the engine makes no database of an empty file
            self._engine.raw_sql(f"ATTACH {literal(str(staged))} AS {_NEW}")
            try:
                self._engine.raw_sql(f"CREATE TABLE {_NEW}.main.rows AS {query}")
                self._engine.raw_sql(f"CREATE TABLE {_NEW}.main.counting AS {_COUNTING}")
                content = literal(json.dumps(asdict(made)))
                self._engine.raw_sql(f"CREATE TABLE {_NEW}.main.made AS SELECT {content} AS content")
            finally:
                self._engine.raw_sql(f"DETACH {_NEW}")

    def _file(self, name: str) -> Path:
        return self._folder / f"{self._key}-{name.replace(' ', '-')}.duckdb"


def _place(name: str) -> str:
    return f"kept_{name.replace(' ', '_')}"


def _view(name: str, query: str) -> str:
    return f'CREATE OR REPLACE TEMP VIEW "{name}" AS {query}'


def _days(comparison: str, since: date) -> str:
    return f"WHERE day {comparison} DATE '{since.isoformat()}'"
