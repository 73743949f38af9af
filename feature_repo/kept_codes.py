"""Codes that stay: customers' numbers, and the names of products and places, for all later commands on a workspace.

An aggregate that is kept holds numbers in place of customers' ids. A number stays its customer's however many others
come, so that rows of a new day are put beside those of the days before, as they are. Customers of whom no table has a
row any more are taken out; their numbers are not given again. Other names are few, and become types of the engine in
the order of the texts (`code_types`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
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
from feature_repo.code_types import CODED
from feature_repo.contract import TABLES
from feature_repo.table_changes import WHOLE, changed_since, history

CUSTOMERS: Final = "customer_numbers"
"""The view of a connection with each customer's number."""
LOCK: Final = ".lock"
_PLACE, _NEW = "kept_codes", "new_codes"
_NAMES: Final = tuple(sorted({name for names in CODED.values() for name in names if name != "customer_id"}))
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class CodesSource:
    """What codes were made of. `series` is another whenever numbers are given anew."""

    series: str
    generation: int
    history: str
    files: Mapping[str, Sequence[str]]


class KeptCodes:
    """The codes of a workspace's tables on a connection: `CUSTOMERS`, and the `names` of columns."""

    def __init__(self, file: Path, engine: BaseBackend, tables: Tables, readable: Sequence[str]) -> None:
        self._file, self._engine, self._tables = file, engine, tables
        self._readable = [name for name in readable if tables.has(name)]
        self._number = 0

    @cached_property
    def series(self) -> str:
        """Of what numbering the codes are, once the connection has them."""
        state = self._current() or self._grown()
        self._engine.raw_sql(
            f"CREATE OR REPLACE TEMP VIEW {CUSTOMERS} AS SELECT number, customer_id FROM {_PLACE}.main.customers"
        )
        return state.series

    def are_kept(self) -> bool:
        """Whether they are those that another process finds."""
        return bool(self.series) and self._number == _number(self._file)

    def names(self, column: str) -> str:
        """A query of the names of a column, in the order of the texts."""
        return f"SELECT name FROM {_PLACE}.main.names WHERE of = {literal(column)} ORDER BY name"

    def counts(self, columns: Sequence[str]) -> dict[str, int]:
        """How many names each of the columns that has codes lists: as many as before, the same as before."""
        rows = self._engine.raw_sql(f"SELECT of, count(*) FROM {_PLACE}.main.names GROUP BY of").fetchall()
        return {str(of): int(count) for of, count in rows if of in columns}

    def _current(self) -> CodesSource | None:
        """Attach the codes that are kept; None, and nothing is attached, where they are not those of the tables."""
        number = _number(self._file)
        state = self._attached(_PLACE)
        if state and self._holds(state) and not self._changed(state):
            self._number = number
            return state
        self._engine.raw_sql(f"DETACH DATABASE IF EXISTS {_PLACE}")
        return None

    def _attached(self, place: str) -> CodesSource | None:
        if not self._file.exists():
            return None
        try:
            self._engine.raw_sql(f"ATTACH {literal(str(self._file))} AS {place} (READ_ONLY)")
            [(content,)] = self._engine.raw_sql(f"SELECT content FROM {place}.main.state").fetchall()
            return CodesSource(**json.loads(content))
        except (duckdb.Error, TypeError, ValueError) as error:  # damaged, or gone meanwhile
            self._engine.raw_sql(f"DETACH DATABASE IF EXISTS {place}")
            _log.warning("kept_codes_not_read", error=type(error).__name__)
            return None

    def _holds(self, state: CodesSource) -> bool:
        return state.history == history(self._tables.manifest, state.generation)

    def _changed(self, state: CodesSource) -> dict[str, date]:
        return changed_since(self._tables.manifest, self._readable, state.generation)

    def _grown(self) -> CodesSource:
        """Write the codes of the tables as they are; into memory where the disk doesn't take them."""
        with locks.waiting(self._file.parent / LOCK):
            if state := self._current():
                return state
            try:
                with replacing(self._file) as staged:
                    staged.unlink(missing_ok=True)  # the engine makes no database of an empty file
                    self._written(literal(str(staged)))
            except (duckdb.IOException, OSError) as error:
                _log.warning("codes_not_kept", error=type(error).__name__)
            return self._current() or self._written("':memory:'", _PLACE)

    def _written(self, file: str, place: str = _NEW) -> CodesSource:
        old = self._attached("old_codes")
        self._engine.raw_sql(f"ATTACH {file} AS {place}")
        try:
            if old and self._holds(old):
                state = self._state(old.series)
                self._grow(place, self._changed(old))
                if any(set(files) - set(state.files.get(name, ())) for name, files in old.files.items()):
                    self._take_out()
            else:
                state = self._state(uuid4().hex)
                self._begin(place)
                self._grow(place, dict.fromkeys(self._readable, WHOLE))
            self._engine.raw_sql(f"CREATE TABLE {place}.main.customers AS SELECT * FROM grown")
            self._engine.raw_sql("DROP TABLE grown")
            content = json.dumps(asdict(state))
            self._engine.raw_sql(f"CREATE TABLE {place}.main.state AS SELECT {literal(content)} AS content")
        finally:
            self._engine.raw_sql("DETACH DATABASE IF EXISTS old_codes")
            if place == _NEW:
                self._engine.raw_sql(f"DETACH {place}")
        return state

    def _state(self, series: str) -> CodesSource:
        manifest = self._tables.manifest
        files = {name: list(manifest.tables[name].files) for name in self._readable}
        return CodesSource(series, manifest.generation, history(manifest, manifest.generation), files)

    def _begin(self, place: str) -> None:
        self._engine.raw_sql("DETACH DATABASE IF EXISTS old_codes")
        self._engine.raw_sql("ATTACH ':memory:' AS old_codes")
        self._engine.raw_sql("CREATE TABLE old_codes.main.customers (number INTEGER, customer_id VARCHAR)")
        self._engine.raw_sql("CREATE TABLE old_codes.main.names (of VARCHAR, name VARCHAR)")
        self._engine.raw_sql("CREATE TABLE old_codes.main.next AS SELECT 0::INTEGER AS number")

    def _grow(self, place: str, changed: Mapping[str, date]) -> None:
        """Put what the changed rows have beside what was there before (`old_codes`)."""
        told = [self._rows("customer_id", name, day) for name, day in changed.items() if _has(name, "customer_id")]
        new = " UNION ".join(told) or "SELECT NULL::VARCHAR AS value WHERE false"
        self._engine.raw_sql(
            f"""CREATE OR REPLACE TEMP TABLE grown AS
            SELECT number, customer_id FROM old_codes.main.customers UNION ALL
            SELECT (SELECT number FROM old_codes.main.next) + CAST(row_number() OVER (ORDER BY value) - 1 AS INTEGER),
                value
            FROM ({new}) AS new
            WHERE value IS NOT NULL AND value NOT IN (SELECT customer_id FROM old_codes.main.customers)"""
        )
        self._engine.raw_sql(
            f"""CREATE TABLE {place}.main.next AS SELECT greatest(
            (SELECT number FROM old_codes.main.next), (SELECT max(number) + 1 FROM grown)
            )::INTEGER AS number"""
        )
        parts = ["SELECT of, name FROM old_codes.main.names"]
        for column in _NAMES:
            for table in (table for table in CODED if column in CODED[table] and table in changed):
                rows = self._rows(column, table, changed[table])
                parts.append(f"SELECT {literal(column)}, value FROM ({rows}) WHERE value IS NOT NULL")
        self._engine.raw_sql(f"CREATE TABLE {place}.main.names AS {' UNION '.join(parts)}")

    def _take_out(self) -> None:
        """Of `grown` the customers of whom no table has a row any more. Orders, the most rows, are asked last."""
        others = [name for name in self._readable if name != "orders" and _has(name, "customer_id")]
        for names in (others, ["orders"]):
            told = " UNION ALL ".join(self._rows("customer_id", name, WHOLE) for name in names)
            left = "gone" if names == ["orders"] else "grown"
            condition = f"WHERE customer_id NOT IN (SELECT value FROM ({told}) WHERE value IS NOT NULL)" if told else ""
            self._engine.raw_sql(f"CREATE OR REPLACE TEMP TABLE gone AS SELECT customer_id FROM {left} {condition}")
            if not self._engine.raw_sql("SELECT count(*) FROM gone").fetchall()[0][0]:
                return
        self._engine.raw_sql("DELETE FROM grown WHERE customer_id IN (SELECT customer_id FROM gone)")

    def _rows(self, column: str, table: str, since: date) -> str:
        files = ", ".join(literal(str(path)) for path in self._tables.files(table))
        days = f" WHERE day >= DATE '{since.isoformat()}'" if since != WHOLE else ""
        return f'SELECT DISTINCT "{column}" AS value FROM read_parquet([{files}]){days}'


def _number(file: Path) -> int:
    return file.stat().st_ino if file.exists() else -1


def _has(table: str, column: str) -> bool:
    return column in TABLES[table].stored
