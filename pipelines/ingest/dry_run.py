"""What a dry run says: every check by name, passed or failed, and which features the tables switch on."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import duckdb

from feature_repo.contract import TABLES
from pipelines.ingest.quarantine import EXAMPLES, examples
from pipelines.ingest.report import SHARE_CHECK, Check, TableReport
from pipelines.ingest.typed import Typed


def named_checks(
    connection: duckdb.DuckDBPyConnection, typed: Typed, report: TableReport, allowed: float
) -> Iterable[Check]:
    """Every check of one table, with examples of the rows that fail it."""
    name = typed.spec.name
    for bit, check in enumerate(typed.checks):
        failed = report.quarantined.get(check.reason, 0)
        shown = examples(connection, typed, bit) if failed else []
        yield Check(f"{name}: no row where {check.reason}", not failed, failed, tuple(shown))
    broken = typed.staged.broken
    shown = [f"{typed.staged.unit} {row.position:,}: {row.reason}" for row in broken[:EXAMPLES]]
    yield Check(f"{name}: every line has the header's columns", not broken, len(broken), tuple(shown))
    share = f"{name}: at most {allowed:.1%}, now {report.rejected_share:.1%}, {SHARE_CHECK}"
    yield Check(share, report.rejected_share <= allowed, report.quarantined_rows)


def features_on(tables: Collection[str]) -> dict[str, str]:
    """For each table of the contract, what it switches on, or that it is missing."""
    return {
        name: spec.features if name in tables else f"off (no table {name}): {spec.features}"
        for name, spec in TABLES.items()
    }
