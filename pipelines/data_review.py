"""After an ingest: how good the shop's data are now, assessed and kept."""

from __future__ import annotations

from core import progress
from core.errors import UsageError, did_you_mean
from core.workspace import Workspace
from feature_repo.contract import TABLES
from monitoring.data_quality import assessment
from monitoring.data_quality.quality_history import QualityHistory
from monitoring.data_quality.quality_report import Intake, ShopQuality
from pipelines.ingest.memory import Memory


def review(workspace: Workspace) -> ShopQuality:
    """Assess the tables in force, and keep what was found.

    Raises:
        NotReady: nothing has been ingested.
        StoreError: the database does not answer.
    """
    progress.current().step("look at the quality of the data")
    found = assessment.assess(workspace, intakes(workspace))
    QualityHistory(workspace).append(found)
    return found


def known_table(workspace: Workspace, name: str) -> str:
    """The name of a table that is there.

    Raises:
        UsageError: there is none of that name.
    """
    names = workspace.tables.names()
    if name not in names:
        raise UsageError(f"there is no table {name!r}", todo=did_you_mean(name, names))
    return name


def intakes(workspace: Workspace) -> list[Intake]:
    """What the last readings of the tables' sources told."""
    memory = Memory(workspace)
    return [found for table in TABLES if (found := _intake(memory, table))]


def _intake(memory: Memory, table: str) -> Intake | None:
    report = memory.report(table)
    if report is None:
        return None
    parts = [name.partition(".") for name in memory.definition(table)]
    brought = tuple(column for part, _, column in parts if part in {"columns", "constants"})
    bad = round(report.rejected_share * (report.read - report.filtered))
    return Intake(table, report.source, brought, report.read - report.filtered, bad, report.quarantined, report.flagged)
