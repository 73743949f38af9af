"""One ingest from beginning to end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from core import progress, utc
from core.errors import DataError, UsageError, did_you_mean
from core.event_log import EventLog
from core.manifest import TableChange
from core.publication import Publication
from core.workspace import Workspace
from feature_repo.contract import TABLES
from pipelines import sources
from pipelines.ingest import (
    allocation,
    currencies,
    duplicates,
    increments,
    lone_times,
    outliers,
    overlapping_files,
    placing,
    quarantine,
    received_events,
    reconciliation,
    remarks,
    spreadsheet_damage,
    verdicts,
)
from pipelines.ingest.checks import LATER_THAN_CLOCK
from pipelines.ingest.customers import identification
from pipelines.ingest.dry_run import features_on, named_checks, unread_columns
from pipelines.ingest.engine import close_to_the_outside, engine_errors, open_engine, scalar
from pipelines.ingest.increments import MIN_BAD_ROWS, Increment
from pipelines.ingest.memory import Memory, fingerprint
from pipelines.ingest.merge import Merged, Rekeyed, Stored, merge, stored, table_folder
from pipelines.ingest.reconciliation import Reconciliation
from pipelines.ingest.report import DryRunCheck, IngestReport, TableReport, advice, describe_rejects
from pipelines.ingest.typed import Fate, Shop, Typed, build, has_currency
from pipelines.sources.newer import Mark
from pipelines.sources.source import Source, Staged, TableSource
from pipelines.sources.steady_files import SteadyFiles

_RATES = "fx_rates"
_IDENTITIES = "identities"


def run(workspace: Workspace, *, dry_run: bool = False, replace: str | None = None) -> IngestReport:
    """Bring the workspace's tables up to what its source holds.

    Args:
        workspace: its `mapping.yaml` names the source.
        dry_run: check everything and change nothing.
        replace: the name of one table to take anew, forgetting the rows in force.

    Raises:
        MappingError: the mapping can't be meant as it stands; nothing was changed.
        DataError: a source can't be read, or a table has more bad rows than the settings allow; nothing
            was changed.
        StoreError: another ingest is running, or the disk or the memory is not enough; nothing was changed.
    """
    started = time.monotonic()
    source = sources.read(workspace)
    wanted = _wanted(workspace, source, replace)
    with workspace.table_store.lock(), engine_errors(), open_engine(workspace) as connection:
        ingest = _Ingest(workspace, source, connection, anew=replace is not None)
        ingest.read(wanted, everything=dry_run)
        checks = ingest.checks() if dry_run else ()
        if not dry_run:
            workspace.table_store.collect_garbage()
            ingest.refuse_bad_tables()
        reports = ingest.write(dry_run=dry_run)
    if not dry_run:
        reports += _take_in_received(workspace)
        Publication(workspace).publish()
    return IngestReport(
        generation=workspace.tables.generation,
        tables=tuple(reports),
        seconds=round(time.monotonic() - started, 2),
        dry_run=dry_run,
        replaced_table=replace,
        checks=tuple(checks),
        features=features_on({*workspace.tables.manifest.tables, *source.tables}) if dry_run else {},
        unread=unread_columns(source, workspace.settings) if dry_run else (),
        reconciliation=ingest.reconciliation,
    )


def _take_in_received(workspace: Workspace) -> list[TableReport]:
    """Take the events that reached the service into the tables, and settle those the tables tell of now."""
    events = EventLog(workspace).pending()
    if not events:
        return []
    with workspace.table_store.lock(), engine_errors(), open_engine(workspace) as connection:
        ingest = _Ingest(workspace, received_events.source(workspace, events), connection, anew=False, remembers=False)
        ingest.read(list(ingest.source.tables.values()))
        reports = ingest.write(dry_run=False)
    received_events.settle(workspace, events)
    return reports


def _wanted(workspace: Workspace, source: Source, table: str | None) -> list[TableSource]:
    """The tables to read (or the one to replace), exchange rates first.

    Raises:
        UsageError: the table is not mapped, or zone or currency changed in a way that needs more than this.
    """
    if table is not None and table not in source.tables:
        raise UsageError(f"{source.name} has no table {table!r} to replace", todo=did_you_mean(table, source.tables))
    _check_zone_and_currency(workspace, source, {table} if table else set())
    names = [table] if table else sorted(source.tables, key=lambda name: (name != _RATES, list(TABLES).index(name)))
    return [source.tables[name] for name in names]


def _check_zone_and_currency(workspace: Workspace, source: Source, replaced: set[str]) -> None:
    manifest = workspace.tables.manifest
    if not manifest.tables:
        return
    if manifest.base_currency != source.base_currency:
        raise UsageError(
            f"base_currency changed from {manifest.base_currency} to {source.base_currency}",
            where=str(workspace.mapping_file),
            why="amounts already taken in are in the old one",
            todo="make a new workspace for the new currency",
        )
    cut = {name for name in manifest.tables if TABLES[name].time}
    if manifest.timezone != source.timezone and cut - replaced:
        raise UsageError(
            f"timezone changed from {manifest.timezone} to {source.timezone}",
            where=str(workspace.mapping_file),
            why=f"the days of {', '.join(sorted(cut))} were cut in the old one",
            todo="make a new workspace for the new zone"
            + ("; or run: regulars ingest --replace orders" if cut == {"orders"} else ""),
        )


def _moved(table: str, rekeyed: Rekeyed | None) -> tuple[str, ...]:
    """Says how many rows in force changed hands."""
    return (
        (f"{table}: {rekeyed.count:,} rows in force are another customer's now",) if rekeyed and rekeyed.count else ()
    )


@dataclass
class _Table:
    """One table on its way: what is known of it so far."""

    source: TableSource
    fingerprint: str | None
    increment: Increment
    mark: Mark | None = None
    report: TableReport | None = None
    typed: Typed | None = None
    left: int = 0


class _Ingest:
    """The steps of one ingest; hold the tables' lock meanwhile."""

    def __init__(
        self,
        workspace: Workspace,
        source: Source,
        connection: duckdb.DuckDBPyConnection,
        *,
        anew: bool,
        remembers: bool = True,
    ) -> None:
        self.workspace, self.source, self.connection, self.anew = workspace, source, connection, anew
        self.remembers = remembers
        self.shop = Shop(source.timezone, source.base_currency, utc.now())
        self.memory = Memory(workspace)
        self.tables: list[_Table] = []
        self.steady = SteadyFiles()
        self.reconciliation: Reconciliation | None = None
        self.identification = identification(workspace, connection, source, remembers=remembers)

    @property
    def fresh(self) -> list[tuple[_Table, Typed, TableReport]]:
        """The tables that were read."""
        return [(t, t.typed, t.report) for t in self.tables if t.typed is not None and t.report is not None]

    def read(self, wanted: list[TableSource], *, everything: bool = False) -> None:
        """Stage each table whose source is not the one read last time; then convert, check and count it.

        All staging comes first: the shop owner's expressions run with external access off.
        """
        self.steady.watch(path for source in wanted for path in source.origin.made_of)
        for source in wanted:
            self.tables.append(self._recalled(source, everything or self.anew))
        unread = [table for table in self.tables if table.report is None]
        staged = [self._stage(table) for table in unread]
        self.steady.check()
        self._close()
        for table, rows in zip(unread, staged, strict=True):
            self._check(table, rows)

    def _recalled(self, source: TableSource, again: bool) -> _Table:
        """The table, with last time's report if its source is still the same (unless it is to be read `again`).

        Where ids are made persons, what describes customers is read each time: a row in force may be of two persons.
        """
        rates = next((table.fingerprint for table in self.tables if table.source.table == _RATES), "")
        keys = self.identification.reading(source) if self.identification else ""
        print_ = fingerprint(source, self.shop, rates if has_currency(source) else "", keys)
        spec = TABLES[source.table]
        again = again or (self.identification is not None and "customer_id" in spec.names and spec.time is None)
        report = None if again else self.memory.recall(source.table, print_)
        if report is not None:
            progress.current().note(f"{source.table}: the source has not changed since the last ingest")
        return _Table(source, print_, increments.narrowed(source, self.memory, everything=again), report=report)

    def _stage(self, table: _Table) -> Staged:
        source = table.increment.source
        progress.current().step(f"read {source.table} from {source.origin.label}")
        staged = source.origin.stage(self.connection, f"staged_{source.table}")
        table.mark = increments.fitting(source, staged.mark)
        return staged

    def _close(self) -> None:
        """Shut the engine off from everything but this ingest's own files, and prepare the rates."""
        space = self.workspace
        names = {_RATES, *(table.source.table for table in self.tables)}
        names |= set(self.identification.in_force()) if self.identification else set()
        in_force = {name: stored(space, TABLES[name]) for name in names}
        reads = [path for table in self.tables for path in table.source.origin.files]
        reads += [path for old in in_force.values() for path in old.files]
        writes = [space.tables_dir, space.protected_dir, space.quarantine_dir, space.lineage_dir]
        close_to_the_outside(self.connection, reads, writes)
        currencies.prepare(self.connection, in_force[_RATES])

    def _check(self, table: _Table, staged: Staged) -> None:
        started = time.monotonic()
        name = table.source.table
        progress.current().step(f"check {name}")
        by_source = self.identification is not None and self.identification.by_source
        typed = build(self.connection, table.source, staged, self.shop, by_source=by_source)
        released = verdicts.recall(self.workspace, typed.spec).released
        overlapping = overlapping_files.settle(self.connection, typed)
        judged = duplicates.settle(self.connection, typed, released)
        lone_times.set_aside(self.connection, typed, self._in_force(typed), released)
        allocated = allocation.allocate(self.connection, typed, self.shop.base_currency)
        if name == _RATES:
            currencies.add(self.connection, typed, anew=self.anew)
        bad, reasons = quarantine.count(self.connection, typed)
        table.typed = typed
        table.report = TableReport(
            table=name,
            source=table.source.origin.label,
            read=typed.read,
            filtered=typed.filtered,
            superseded=self._fate(typed, Fate.SUPERSEDED) + typed.superseded,
            left_out={left.reason: left.rows for left in typed.staged.left_out},
            repeated=self._fate(typed, Fate.REPEATED),
            quarantined=reasons,
            quarantined_rows=bad,
            flagged=outliers.flag(self.connection, typed),
            seconds=round(time.monotonic() - started, 2),
            partial=table.increment.since is not None,
            notes=(
                *filter(None, [table.increment.note]),
                *typed.staged.notes,
                *(f"{name}: {left.said()}" for left in typed.staged.left_out),
                *overlapping,
                *judged,
                *allocated,
                *spreadsheet_damage.notes(self.connection, typed),
                *lone_times.notes(self.connection, typed, reasons),
                *remarks.notes(self.connection, name, typed.relation, typed.remarks),
            ),
        )

    def _fate(self, typed: Typed, fate: Fate) -> int:
        return scalar(self.connection, f"SELECT count(*) FROM {typed.relation} WHERE mask = 0 AND fate = {int(fate)}")

    def checks(self) -> list[DryRunCheck]:
        """Every check of every table that was read, by name."""
        allowed = self.workspace.settings.max_rejected_share
        return [
            check for _, typed, report in self.fresh for check in named_checks(self.connection, typed, report, allowed)
        ]

    def refuse_bad_tables(self) -> None:
        """Stop before anything is written where a table has too many bad rows, or orders none that are good.

        Raises:
            DataError: with the reasons counted.
        """
        allowed = self.workspace.settings.max_rejected_share
        bad = [
            (report, typed)
            for _, typed, report in self.fresh
            if report.rejected_share > allowed and not (report.partial and report.quarantined_rows < MIN_BAD_ROWS)
        ]
        if bad:
            raise DataError(
                ". ".join(describe_rejects(report) + self._such_as(report, typed) for report, typed in bad),
                why=f"max_rejected_share is {allowed:.1%}; nothing was changed",
                todo=advice([report for report, _ in bad]),
            )
        for _, typed, report in self.fresh:
            if (
                typed.spec.name == "orders"
                and not report.partial
                and not scalar(self.connection, f"SELECT count(*) FROM {typed.relation} WHERE {typed.good}")
            ):
                none = "the source has a header but no rows" if not typed.read else "there are no order lines"
                todo = "export it again, with its rows" if not typed.read else "see: regulars ingest --dry-run"
                raise DataError(none, where=report.source, why="nothing was changed", todo=todo)

    def _such_as(self, report: TableReport, typed: Typed) -> str:
        """A line and its value where an amount or a time can't be read; other values may be a person's."""
        reason = next(iter(report.quarantined), "")
        if not reason.endswith(("is not a number", "can't be computed")) and "is not a timestamp" not in reason:
            return ""
        shown = quarantine.examples(self.connection, typed, typed.bit(reason).bit_length() - 1)
        return f", such as {shown[0]}" if shown else ""

    def write(self, *, dry_run: bool) -> list[TableReport]:
        """Write what changed, commit all tables at once, then set the bad rows aside; a dry run only compares."""
        changes: dict[str, TableChange] = {}
        persons = self._identify(dry_run)
        reports = []
        for table in self.tables:
            mergeable = table.typed and table.source.table != _IDENTITIES
            report, change = self._merge(table, dry_run) if mergeable else (table.report, None)
            assert report is not None
            reports.append(report)
            if change is not None:
                changes[report.table] = change
        if persons is not None:
            reports = [*(report for report in reports if report.table != _IDENTITIES), persons]
            changes |= self._rekey_others(reports, dry_run)
        self.steady.check()
        before = {typed.spec.name: self._in_force(typed).files for _, typed, _ in self.fresh}
        rekeyed = {name: stored(self.workspace, TABLES[name]).files for name in changes if name not in before}
        if not dry_run:
            self._commit(changes)
            for name, files in rekeyed.items():
                placing.carry(self.connection, self.workspace, TABLES[name], files)
            for _, typed, _ in self.fresh:
                if typed.spec.name == _IDENTITIES:
                    continue
                after = stored(self.workspace, typed.spec).files
                placing.note(self.connection, self.workspace, typed, before[typed.spec.name], after)
        self.reconciliation = self._reconcile(before, dry_run)
        if not dry_run and self.remembers:
            self._remember(reports)
        return reports

    def _identify(self, dry_run: bool) -> TableReport | None:
        """Find which ids are one person, and give every row that came in the person's; says what was found."""
        if self.identification is None:
            return None
        started = time.monotonic()
        found = self.identification.resolve([t for _, t, _ in self.fresh], anew=self.anew, write=not dry_run)
        for table, typed, report in self.fresh:
            if "customer_id" in typed.spec.names and typed.spec.name != _IDENTITIES:
                together = self.identification.identify(typed)
                table.report = replace(report, superseded=report.superseded + together)
        read = next((t.report for t in self.tables if t.source.table == _IDENTITIES and t.report), None)
        base = read or TableReport(_IDENTITIES, self.source.name)
        rows = base.read - base.filtered - base.quarantined_rows - base.superseded - base.repeated
        seconds = round(base.seconds + time.monotonic() - started, 2)
        return replace(base, unchanged=rows, seconds=seconds, notes=(*base.notes, *found.notes))

    def _rekey_others(self, reports: list[TableReport], dry_run: bool) -> dict[str, TableChange]:
        """Bring the tables in force that were not read to the persons there are; adds what was done to the reports."""
        assert self.identification is not None
        changes = {}
        for name, count, change in self.identification.others(
            [t.spec.name for _, t, _ in self.fresh], write=not dry_run
        ):
            note = f"{name}: {count:,} rows in force are another customer's now"
            reports[-1] = replace(reports[-1], notes=(*reports[-1].notes, note))
            if change is not None:
                changes[name] = change
        if not dry_run and (identities := self.identification.change()) is not None:
            changes[_IDENTITIES] = identities
        return changes

    def _merge(self, table: _Table, dry_run: bool) -> tuple[TableReport, TableChange | None]:
        assert table.typed is not None
        assert table.report is not None
        started = time.monotonic()
        spec = table.typed.spec
        progress.current().step(f"compare {spec.name}" if dry_run else f"write {spec.name}")
        old = stored(self.workspace, spec)
        folder = table_folder(self.workspace, spec)
        changed = self._changed(table.source)
        rekeyed = self.identification.rekeyed(spec.name) if self.identification and not self.anew else None
        merged = merge(
            self.connection,
            table.typed,
            old,
            folder,
            anew=self.anew,
            write=not dry_run,
            changed=changed,
            rekeyed=rekeyed,
            whole=table.increment.since is not None and bool(table.increment.whole),
        )
        seconds = round(table.report.seconds + time.monotonic() - started, 2)
        table.left = merged.left
        report = replace(
            table.report,
            added=merged.added,
            replaced=merged.replaced,
            unchanged=merged.unchanged,
            seconds=seconds,
            notes=(
                *table.report.notes,
                *filter(None, [merged.said and f"{spec.name}: {merged.said}"]),
                *self._notes(table.source, merged, changed),
                *_moved(spec.name, rekeyed),
            ),
        )
        return report, merged.change

    def _changed(self, source: TableSource) -> tuple[str, ...] | None:
        """What changed in a table's mapping; nothing ever does in what the service received."""
        return self.memory.changed(source) if self.remembers else ()

    def _notes(self, source: TableSource, merged: Merged, changed: tuple[str, ...] | None) -> tuple[str, ...]:
        if not changed or self.anew:
            return ()
        took = f"{merged.replaced:,} rows took the place of rows in force"
        left = (
            f"; {merged.left:,} rows in force are not in the source as it is mapped now, and stay"
            if merged.left
            else ""
        )
        return (
            f"the mapping of {source.table} has changed since the last ingest ({', '.join(changed)}): {took}{left};"
            f" to take the table anew: regulars ingest --replace {source.table}",
        )

    def _in_force(self, typed: Typed) -> Stored:
        """The rows in force that a source is merged into."""
        return Stored([], 0) if self.anew else stored(self.workspace, typed.spec)

    def _reconcile(self, before: Mapping[str, list[Path]], dry_run: bool) -> Reconciliation | None:
        """The orders of the source beside those in force; where they were not read, what the last ingest found."""
        name = reconciliation.TABLE
        for table, typed, _ in self.fresh:
            if typed.spec.name == name:
                after = None if dry_run else stored(self.workspace, typed.spec).files
                progress.current().step(f"reconcile {name}")
                return reconciliation.reconcile(
                    self.connection, typed, self.shop, before=before[name], after=after, left=table.left > 0
                )
        asked = any(table.source.table == name for table in self.tables)
        return reconciliation.recall(self.workspace) if asked and self.remembers else None

    def _commit(self, changes: dict[str, TableChange]) -> None:
        if changes:
            store = self.workspace.table_store
            store.commit(changes, timezone=self.source.timezone, base_currency=self.source.base_currency)

    def _remember(self, reports: list[TableReport]) -> None:
        """Bad rows and the memory come after the commit: a crash before them only means reading again."""
        for table, typed, report in self.fresh:
            dropped = verdicts.recall(self.workspace, typed.spec).dropped
            target = quarantine.path(self.workspace, typed)
            together = table.increment.whole if report.partial else None
            quarantine.write(self.connection, typed, target, dropped, together)
        of = {report.table: report for report in reports}
        for table in self.tables:
            report = of[table.source.table]
            early = any(LATER_THAN_CLOCK in reason for reason in report.quarantined)
            if not report.skipped:
                self.memory.keep(report, None if early else table.fingerprint, table.source, self._reached(table))
        if self.reconciliation is not None and any(
            typed.spec.name == "orders" and not report.partial for _, typed, report in self.fresh
        ):
            reconciliation.keep(self.workspace, self.reconciliation)
        self.memory.save()

    def _reached(self, table: _Table) -> Mark | None:
        newer = table.source.newer
        if newer is None or table.typed is None:
            return None
        return increments.reached(self.connection, table.typed, newer, table.mark, table.increment.since)
