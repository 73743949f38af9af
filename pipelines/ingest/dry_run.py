"""What a dry run says: every check by name, passed or failed, and which features the tables switch on."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import duckdb

from core.settings import Settings
from feature_repo.contract import TABLES
from pipelines.ingest.quarantine import EXAMPLES, examples
from pipelines.ingest.report import SHARE_CHECK, DryRunCheck, TableReport
from pipelines.ingest.typed import Typed
from pipelines.sources.source import Source


def named_checks(
    connection: duckdb.DuckDBPyConnection, typed: Typed, report: TableReport, allowed: float
) -> Iterable[DryRunCheck]:
    """Every check of one table, with examples of the rows that fail it."""
    name = typed.spec.name
    for bit, check in enumerate(typed.checks):
        failed = report.quarantined.get(check.reason, 0)
        shown = examples(connection, typed, bit) if failed else []
        yield DryRunCheck(f"{name}: never {check.reason!r}", not failed, failed, tuple(shown))
    broken = typed.staged.broken
    shown = [f"{typed.staged.place_of(row)}: {row.reason}" for row in broken[:EXAMPLES]]
    yield DryRunCheck(f"{name}: every line has the header's columns", not broken, len(broken), tuple(shown))
    share = f"{name}: {SHARE_CHECK} at most {allowed:.2%}, now {report.rejected_share:.2%}"
    yield DryRunCheck(share, report.rejected_share <= allowed, report.quarantined_rows)


def features_on(tables: Collection[str]) -> dict[str, bool]:
    """For each table of the contract, whether the features that need it are on."""
    return {name: name in tables for name in TABLES}


def unread_columns(source: Source, settings: Settings) -> tuple[str, ...]:
    """The mapped columns that nothing reads, as «table.column»."""
    from pipelines import uses  # imports what reads the tables: seconds that only a dry run has

    mapped = [(name, column) for name, table in source.tables.items() for column in (*table.columns, *table.constants)]
    return uses.unread(mapped, settings)
