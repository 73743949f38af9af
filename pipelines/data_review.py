"""After an ingest: how good the shop's data are now, and what the dictionary has to know of the mapping."""

from __future__ import annotations

from dataclasses import replace

from core import progress
from core.errors import UsageError, did_you_mean
from core.workspace import Workspace
from feature_repo.contract import TABLES
from monitoring.data_quality import assessment, data_dictionary
from monitoring.data_quality.data_dictionary import NOBODY, SourceNote
from monitoring.data_quality.quality_history import QualityHistory
from monitoring.data_quality.quality_report import Intake, ShopQuality
from pipelines import flagged_lines, unusual
from pipelines.ingest import rows_aside
from pipelines.ingest.memory import Memory
from pipelines.sources import mapping


def review(workspace: Workspace) -> ShopQuality:
    """Assess the tables in force, and keep what was found.

    Raises:
        NotReady: nothing has been ingested.
        StoreError: the database does not answer.
    """
    progress.current().step("look at the quality of the data")
    learned = flagged_lines.learn(workspace)
    found = assessment.assess(workspace, [_with_learned(each, learned) for each in intakes(workspace)])
    QualityHistory(workspace).append(found)
    data_dictionary.keep_notes(workspace, source_notes(workspace))
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
    return [found for table in TABLES if (found := _intake(workspace, memory, table))]


def _with_learned(intake: Intake, lines: int) -> Intake:
    """What the learned check found stands beside what the rules found."""
    if intake.table != "orders" or not lines:
        return intake
    return replace(intake, flagged={**intake.flagged, unusual.REASON: lines})


def _intake(workspace: Workspace, memory: Memory, table: str) -> Intake | None:
    report = memory.report(table)
    if report is None:
        return None
    if report.partial:  # a few rows say little of the table: all that are in force or set aside do
        aside = {found.reason: found.rows for found in rows_aside.counted(workspace) if found.table == table}
        bad = rows_aside.count(workspace, TABLES[table])
        rows = workspace.tables.rows(table) + bad
        return Intake(table, report.source, _brought(memory, table), rows, bad, aside, report.flagged)
    bad = round(report.rejected_share * (report.read - report.filtered))
    considered = report.read - report.filtered
    return Intake(table, report.source, _brought(memory, table), considered, bad, report.quarantined, report.flagged)


def _brought(memory: Memory, table: str) -> tuple[str, ...]:
    parts = [name.partition(".") for name in memory.definition(table)]
    return tuple(column for part, _, column in parts if part in {"columns", "constants"})


def source_notes(workspace: Workspace) -> list[SourceNote]:
    """What fills each column of the tables, as they were read last, and who owns them, as the mapping says now."""
    memory, written = Memory(workspace), mapping.load(workspace.mapping_file)
    owners = {name: table.owner for name, table in written.tables.items()}
    return [
        SourceNote(table, report.source, _filled(memory, table), owners.get(table) or written.owner or NOBODY)
        for table in TABLES
        if (report := memory.report(table))
    ]


def _filled(memory: Memory, table: str) -> dict[str, str]:
    filled = {}
    for name, text in memory.definition(table).items():
        part, _, column = name.partition(".")
        if part in {"columns", "constants"}:
            filled[column] = text if part == "columns" else f"always {text!r}"
    return filled
