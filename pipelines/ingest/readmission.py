"""Rows set aside go through the checks again, and come in where they pass now.

The order of the steps makes a crash harmless: which rows come in is written down first, then they are committed, then
they leave the quarantine. A row that is written down and in force leaves it without coming in twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import duckdb

from core import progress, utc
from core.audit import AuditLog, person
from core.errors import DataError, UsageError, did_you_mean
from core.expressions import literal, quote
from core.publication import Publication
from core.workspace import Workspace
from feature_repo.contract import TABLES
from pipelines import sources
from pipelines.ingest import currencies, duplicates, lone_times, placing, rows_aside, verdicts
from pipelines.ingest.checks import DUPLICATE, TOLD_AGAIN, RowCheck, lone_time, reasons
from pipelines.ingest.customers import identification
from pipelines.ingest.engine import close_to_the_outside, engine_errors, open_engine, scalar
from pipelines.ingest.memory import Memory
from pipelines.ingest.merge import merge, stored, table_folder
from pipelines.ingest.rows_aside import ASIDE, BROKEN, RAW
from pipelines.ingest.typed import Shop, Typed, build, identity, stored_spec
from pipelines.sources.operations.allocate import Allocate
from pipelines.sources.source import ROW, Source, Staged, TableSource, Unit

IN_FORCE = "a row with its key and other values is in force"
_TRIED = "tried_again"
_MARKS = ("asked_", "tried_", "left_")
"""Columns of `ASIDE`: which rows are meant, which of them go through the checks, which come in."""


@dataclass(frozen=True)
class Readmitted:
    """What became of the rows: `added` came in, `known` were in force already, `stay` did not pass, by reason."""

    table: str
    added: int = 0
    known: int = 0
    stay: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)


def readmit(
    workspace: Workspace, table: str, reason: str | None = None, *, as_is: bool = False, because: str = ""
) -> Readmitted:
    """Let rows of a table that were set aside go through the same checks again.

    Args:
        workspace: its `mapping.yaml` says how the rows are read now.
        table: which.
        reason: only those set aside for it.
        as_is: overrule the checks that are a judgement: equal rows without a key, a time far from all others. A
            value that is missing or can't be read is never taken in.
        because: why they are overruled.

    Raises:
        UsageError: there is no such table or reason, or what is overruled can't be.
        DataError: the mapping asks for columns that the rows were not set aside with.
        StoreError: an ingest is running.
    """
    spec = rows_aside.known_table(table)
    because = rows_aside.stated(because) if as_is else because
    source = sources.read(workspace)
    if table not in source.tables:
        raise UsageError(f"{source.name} has no table {table!r}", todo=did_you_mean(table, source.tables))
    if any(operation.key == Allocate.key for operation in source.tables[table].operations):
        raise UsageError(
            f"rows of {table} can't be released one by one",
            why="amounts of their orders are shared out to all of an order's lines",
            todo="mend the source or mapping.yaml (identical_rows: keep for equal lines) and run: regulars ingest",
        )
    if as_is and Memory(workspace).changed(source.tables[table]):
        raise UsageError(
            f"the mapping of {table} has changed since the last ingest",
            why="the rows in force are read as it was, so equal rows can't be told",
            todo="run first: regulars ingest",
        )
    with workspace.table_store.lock(), engine_errors(), open_engine(workspace) as connection:
        workspace.table_store.collect_garbage()
        rows_aside.load(connection, rows_aside.files(workspace, spec))
        chosen = rows_aside.chosen_by(connection, table, reason)
        for mark in _MARKS:
            connection.execute(f"ALTER TABLE {ASIDE} ADD COLUMN {mark} BOOLEAN DEFAULT false")
        connection.execute(f"UPDATE {ASIDE} SET asked_ = ({chosen})")
        found = _Readmission(workspace, source, connection, source.tables[table], as_is).run(reason, because)
    Publication(workspace).publish()
    return found


class _Readmission:
    """The steps of one; hold the tables' lock meanwhile."""

    def __init__(
        self,
        workspace: Workspace,
        source: Source,
        connection: duckdb.DuckDBPyConnection,
        table: TableSource,
        as_is: bool,
    ) -> None:
        self.workspace, self.source, self.connection = workspace, source, connection
        self.identification = identification(workspace, connection, source, remembers=False)
        self.spec = stored_spec(table.table, self.identification is not None)
        self.table, self.as_is = table, as_is
        self.in_force = stored(workspace, self.spec)
        self.decided = verdicts.recall(workspace, self.spec)
        self.known = frozenset(self.decided.released)

    def run(self, reason: str | None, because: str) -> Readmitted:
        """Check, commit, and take out of the quarantine what came in."""
        self._choose()
        if not scalar(self.connection, f"SELECT count(*) FROM {ASIDE} WHERE tried_"):
            return self._what_stays(0, 0)
        progress.current().step(f"check the rows of {self.spec.name} that were set aside")
        typed = self._typed()
        overruled = self._overrule(typed)
        duplicates.settle(self.connection, typed, self.known | overruled)
        if typed.spec.time:
            lone_times.set_aside(self.connection, typed, self.in_force, self.known | overruled)
        if self.identification is not None:
            self.identification.resolve([typed], anew=False, write=False)
            self.identification.identify(typed)
        typed = self._against_those_in_force(typed)
        self._commit(typed)
        self._leave(typed)
        [(passed, news)] = self.connection.execute(
            f"SELECT count(*), count(*) FILTER ({ROW} NOT IN (SELECT {ROW} FROM twins)) FROM {typed.relation}"
            f" WHERE {typed.good}"
        ).fetchall()
        found = self._what_stays(news, passed - news)
        details = {"added": found.added, "known": found.known, "stay": found.stay, "set_aside_for": reason}
        details |= {"as_is": self.as_is, "because": because}
        AuditLog(self.workspace).append("quarantine release", person(), self.spec.name, details)
        return found

    def _choose(self) -> None:
        """Which rows are tried: those that were read, and duplicates only where somebody says that they are none."""
        tried = f"asked_ AND NOT {BROKEN} AND unread IS NOT true"
        if not (self.spec.time and (self.as_is or self.table.identical_rows == "keep")):
            tried += f" AND reason NOT IN ({literal(DUPLICATE)}, {literal(TOLD_AGAIN)})"
        self.connection.execute(f"UPDATE {ASIDE} SET tried_ = ({tried})")

    def _typed(self) -> Typed:
        """The rows as the mapping reads them now."""
        types, table = self.table.origin.columns(), self.table
        for operation in self.table.operations:
            types = operation.columns_after(table, types, f"mapping.yaml, {table.table}.{operation.key}")
            table = operation.mapped_after(table, types)
        kept = rows_aside.raw_columns(self.connection)
        if lacking := [name for name in types if name not in kept]:
            raise DataError(
                f"the rows of {table.table} were set aside without {', '.join(lacking)}",
                why="the source has other columns now",
                todo="run: regulars ingest; it reads the source again and decides on its rows anew",
            )
        values = ", ".join(
            f"TRY_CAST({quote(RAW + name)} AS {type_}) AS {quote(name)}" for name, type_ in types.items()
        )
        self.connection.execute(f"CREATE TABLE {_TRIED} AS SELECT {ROW}, {values} FROM {ASIDE} WHERE tried_")
        self._close()
        staged, shop = self._staged(types), Shop(self.source.timezone, self.source.base_currency, utc.now())
        by_source = self.identification is not None
        return build(self.connection, replace(table, operations=()), staged, shop, by_source=by_source)

    def _staged(self, types: Mapping[str, str]) -> Staged:
        """The rows that are tried, with the places where they stood when they were set aside."""
        rows = self.connection.execute(f"SELECT {ROW}, source, position, unit FROM {ASIDE} WHERE tried_").fetchall()
        places = {row: (source, position) for row, source, position, _ in rows}
        units: dict[str, Unit] = {"line": "line", "record": "record"}
        unit = units.get(rows[0][3], "row") if rows else "row"
        return Staged(
            _TRIED,
            types,
            unit,
            positions=lambda wanted: [places[row][1] for row in wanted],
            files=lambda wanted: [places[row][0] for row in wanted],
        )

    def _close(self) -> None:
        space, rates = self.workspace, stored(self.workspace, TABLES["fx_rates"])
        reads = [*self.in_force.files, *rates.files, *stored(space, TABLES["identities"]).files]
        writes = [space.tables_dir, space.protected_dir, space.quarantine_dir, space.lineage_dir]
        close_to_the_outside(self.connection, reads, writes)
        currencies.prepare(self.connection, rates)

    def _overrule(self, typed: Typed) -> frozenset[str]:
        """Give rows that only a judgement keeps out the identity they were set aside with; returns these.

        Equal rows with a key are one row told twice: nobody can overrule that.
        """
        keep = self.table.identical_rows == "keep"
        judged = (
            [DUPLICATE, TOLD_AGAIN, lone_time(typed.spec)] if self.as_is else [DUPLICATE, TOLD_AGAIN] if keep else []
        )
        named = ", ".join(literal(text) for text in judged if text)
        if not named or not typed.spec.time:
            return frozenset()
        rows = f"{ASIDE} AS a WHERE t.{ROW} = a.{ROW} AND t.mask = 0 AND a.reason IN ({named})"
        keyless = f"a.row_key IS NOT NULL AND (a.row_key <> t.row_key OR a.reason = {literal(str(judged[-1]))})"
        found = self.connection.execute(f"SELECT a.row_key FROM {typed.relation} AS t, {rows} AND {keyless}").fetchall()
        self.connection.execute(
            f"UPDATE {typed.relation} AS t SET row_key = a.row_key, key_hash = hash(a.row_key)"
            f" FROM {rows} AND {keyless}"
        )
        return frozenset(key for (key,) in found)

    def _against_those_in_force(self, typed: Typed) -> Typed:
        """Make `twins`, the rows whose key is in force; those with other values stay, and equal ones never released."""
        typed = replace(typed, checks=(*typed.checks, RowCheck(IN_FORCE, None, "false")))
        self.connection.execute(f"CREATE TEMP TABLE twins ({ROW} BIGINT, equal_ BOOLEAN)")
        if not self.in_force.files:
            return typed
        columns = ", ".join(quote(name) for name in self.spec.stored)
        listed = ", ".join(literal(str(path)) for path in self.in_force.files)
        old = f"SELECT hash({identity(self.spec)}) AS h, hash({columns}) AS content_ FROM read_parquet([{listed}])"
        self.connection.execute(
            f"INSERT INTO twins SELECT t.{ROW}, t.content_ = o.content_ FROM"
            f" (SELECT {ROW}, key_hash, hash({columns}) AS content_ FROM {typed.relation} WHERE {typed.good}) AS t JOIN"
            f" ({old}) AS o ON t.key_hash = o.h"
        )
        known = ", ".join(literal(key) for key in sorted(self.known)) or "''"
        again = f"equal_ AND row_key NOT IN ({known})" if self.spec.time else "false"
        self.connection.execute(
            f"UPDATE {typed.relation} AS t SET mask = CASE WHEN equal_ THEN {typed.duplicate_bit}"
            f" ELSE {typed.bit(IN_FORCE)} END FROM twins AS w WHERE t.{ROW} = w.{ROW} AND (NOT equal_ OR {again})"
        )
        return typed

    def _commit(self, typed: Typed) -> None:
        """Write down which rows come in, then let them in."""
        if self.spec.time:
            good = f"SELECT row_key FROM {typed.relation} WHERE {typed.good}"
            self.decided.released |= {key for (key,) in self.connection.execute(good).fetchall()}
            self.decided.save()
        folder = table_folder(self.workspace, self.spec)
        merged = merge(self.connection, typed, self.in_force, folder, anew=False, write=True, revise=False)
        if merged.change is not None:
            zone, currency = self.source.timezone, self.source.base_currency
            changes = {self.spec.name: merged.change}
            self.workspace.table_store.commit(changes, timezone=zone, base_currency=currency)
            placing.note(
                self.connection, self.workspace, typed, self.in_force.files, stored(self.workspace, self.spec).files
            )

    def _leave(self, typed: Typed) -> None:
        """Rows that passed leave the quarantine; those that did not stay, with the reasons they have now."""
        now = f"SELECT {ROW}, {reasons(list(typed.checks))} AS now_ FROM {typed.relation} WHERE mask <> 0"
        self.connection.execute(f"UPDATE {ASIDE} AS a SET reason = now_ FROM ({now}) AS t WHERE a.{ROW} = t.{ROW}")
        passed = f"{ROW} IN (SELECT {ROW} FROM {typed.relation} WHERE {typed.good})"
        self.connection.execute(f"UPDATE {ASIDE} SET left_ = {passed}")
        rows_aside.rewrite(self.connection, "left_", _MARKS)

    def _what_stays(self, added: int, known: int) -> Readmitted:
        """The rows that were asked for and are still there, by reason."""
        rows = f"{ASIDE} WHERE asked_ AND NOT left_"
        listed = f"SELECT unnest(string_split(reason, '; ')) AS r FROM {rows}"
        counts = self.connection.execute(f"SELECT r, count(*) FROM ({listed}) GROUP BY r ORDER BY 2 DESC, 1").fetchall()
        stay = scalar(self.connection, f"SELECT count(*) FROM {rows}")
        return Readmitted(self.spec.name, added, known, stay, dict(counts))
