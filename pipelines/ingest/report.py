"""What an ingest did, in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from feature_repo.contract import TABLES
from pipelines.ingest.checks import DATE_FOR_NUMBER, DUPLICATE, TOLD_AGAIN, key_not_unique
from pipelines.ingest.reconciliation import Reconciliation


@dataclass(frozen=True)
class DryRunCheck:
    """One named check of a dry run: how many rows fail it, and a few of them."""

    name: str
    passed: bool
    failed_rows: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableReport:
    """One table's rows. `read` = filtered + quarantined + superseded + repeated + added + replaced + unchanged.

    filtered: left out by the mapping's `where` or an operation; superseded: a later row of the source has the same
    key and other values; left_out: how many of both an operation took out, by reason; repeated: the mapping says
    `distinct`, and the key was there already; flagged: kept, but unusual. `skipped`: the source is the one that was
    read last time, so the counts are that time's. `notes`: what a person has to know beside the counts.
    `partial`: only what is new or changed was read.
    """

    table: str
    source: str
    read: int = 0
    filtered: int = 0
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    superseded: int = 0
    repeated: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    quarantined_rows: int = 0
    flagged: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    skipped: bool = False
    partial: bool = False
    notes: tuple[str, ...] = ()

    @property
    def rejected_share(self) -> float:
        """Share of the rows considered (those `where` left in) that are bad.

        Those of orders that the source tells once more are set aside, and are no sign of a wrong mapping.
        """
        considered = self.read - self.filtered
        bad = self.quarantined_rows - self.quarantined.get(TOLD_AGAIN, 0)
        return bad / considered if considered else 0.0

    @property
    def changed(self) -> bool:
        """Whether it brings anything new."""
        return bool(self.added or self.replaced)


@dataclass(frozen=True)
class IngestReport:
    """All tables of one ingest; `generation` is that of the tables afterwards.

    Of a dry run: `features`, whether a table is there that features and models read; `unread`, mapped columns
    («table.column») that nothing reads. `reconciliation` is of the orders, where they are among the tables.
    """

    generation: int
    tables: tuple[TableReport, ...]
    seconds: float
    dry_run: bool = False
    replaced_table: str | None = None
    checks: tuple[DryRunCheck, ...] = ()
    features: Mapping[str, bool] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    reconciliation: Reconciliation | None = None

    @property
    def passed(self) -> bool:
        """Whether no table has more bad rows than the settings allow (always true where it was committed)."""
        return all(check.passed for check in self.checks if SHARE_CHECK in check.name)

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        reconciled = self.reconciliation.as_dict() if self.reconciliation else None
        return {**asdict(self), "passed": self.passed, "reconciliation": reconciled}


SHARE_CHECK = "share of bad rows"
MEND = "mend the source or mapping.yaml"

_HOW_TO_WRITE = {
    "a timestamp": "say how times are written with timestamps.format, such as '%d/%m/%Y %H:%M' (strptime)",
    "a date": "say how days are written with dates.format, such as '%d/%m/%Y' (strptime)",
    "a number": "say how numbers are written with csv.decimal and csv.thousands; a currency's sign is read where it"
    " is the base currency's, or where currency is mapped",
    "an id": "export ids as text: the digits are not in the source any more",
}
"""What to do about values that are not what the column wants."""


def describe_rejects(table: TableReport) -> str:
    """«orders: 600 of 1,000 rows are bad (60.0%): quantity is not a number 600»."""
    considered = table.read - table.filtered
    counts = ", ".join(f"{reason} {count:,}" for reason, count in table.quarantined.items())
    share = f"{table.rejected_share:.1%}"
    return f"{table.table}: {table.quarantined_rows:,} of {considered:,} rows are bad ({share}): {counts}"


def advice(tables: Sequence[TableReport], *, after_dry_run: bool = False) -> str:
    """What to do about tables with too many bad rows."""
    steps = [MEND if after_dry_run else f"see examples with: regulars ingest --dry-run, then {MEND}"]
    reasons = {reason for table in tables for reason in table.quarantined}
    if DUPLICATE in reasons:
        steps.append(
            "if identical rows are purchases of their own (one row a piece), map a line_id that numbers the lines of"
            " an order, or write identical_rows: keep"
        )
    if key_not_unique(TABLES["orders"]) in reasons:
        steps.append("map a line_id that tells the lines of an order apart, or leave line_id out")
    if any(DATE_FOR_NUMBER in reason for reason in reasons):
        steps.append("export the file anew without opening it in a spreadsheet, which makes a date of 3-10")
    kinds = {kind for reason in reasons for kind in _HOW_TO_WRITE if f"is not {kind}" in reason}
    return "; ".join([*steps, *(_HOW_TO_WRITE[kind] for kind in sorted(kinds))])
