"""`regulars init` and `regulars ingest`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli import reconciliation
from pipelines.cli.options import JsonOption, WorkspaceOption
from pipelines.cli.telling import tell

if TYPE_CHECKING:
    from core.settings import Settings
    from core.workspace import Workspace
    from monitoring.data_quality.quality_report import ShopQuality
    from pipelines.cli.console import Console
    from pipelines.ingest import IngestReport, TableReport


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command()(ingest)


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace to make.")],
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Draft the mapping by looking at this: .csv, .tsv, .csv.gz, .parquet, duckdb:FILE#TABLE or URL#TABLE.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Use embedded data: complete-journey.", show_default=False)] = None,
    json: JsonOption = False,
) -> None:
    """Make a workspace: its settings, and the mapping of the shop's tables."""
    from pipelines.cli.console import Console
    from pipelines.initialise import initialise

    with Console(json).running() as console:
        made = initialise(directory, from_, source)
        for line in made.notes:
            console.print(line)
        console.finish(f"made the workspace {made.root}", made.next, made.as_dict())


def ingest(
    workspace: WorkspaceOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")] = False,
    replace: Annotated[
        str | None,
        typer.Option(metavar="TABLE", help="Take this table anew, forgetting its rows in force.", show_default=False),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and ingest again whenever a source has changed; Ctrl-C ends it.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Take in the shop's tables: check every row, set bad ones aside, add what is new.

    Fails (exit 1) and changes nothing where more than max_rejected_share of a table's rows are bad (regulars.toml).
    """
    from core.errors import UsageError
    from core.workspace import Workspace
    from pipelines.cli.console import Console
    from pipelines.ingest import run

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        if watch:
            if dry_run or replace:
                raise UsageError("--watch stands alone", todo="leave out --dry-run and --replace")
            _watch(console, space)
            return
        report = run(space, dry_run=dry_run, replace=replace)
        _print(console, report)
        if dry_run:
            _finish_dry_run(console, report, space.settings)
        else:
            tell(console, space)
            _finish(console, report, space)


def _watch(console: Console, space: Workspace) -> None:
    """Rounds until Ctrl-C, a line each; how it ended is no error."""
    from pipelines.ingest.rounds import rounds
    from pipelines.processes import interrupt_on_signals

    interrupt_on_signals()
    settings = space.settings.ingest
    console.note(
        f"watching the files of {space.mapping_file}: one is read once it has been quiet for {settings.quiet_s:g} s;"
        " Ctrl-C ends it"
    )
    number = 0
    try:
        for done in rounds(space):
            number = done.number
            console.line(done.said(), done.as_dict())
            if done.report and any(table.changed for table in done.report.tables):
                _look_again(console, space)
    except KeyboardInterrupt:
        generation = space.tables.generation
        counted = {"ok": True, "message": "stopped", "rounds": number, "generation": generation}
        console.line(f"stopped; rounds: {number:,}; generation {generation}", counted)


def _look_again(console: Console, space: Workspace) -> None:
    """The quality of what a round took in."""
    from core import progress

    with progress.using(progress.Silent()):
        found = _quality(console, space)
    if found is None:
        return
    for finding in found.worst(1):
        console.note(f"the data score {found.score:g} of 100; the worst: {finding.about}: {finding.says}")


def _quality(console: Console, space: Workspace) -> ShopQuality | None:
    """How good the data are now; None where that could not be told, for the rows are taken in whatever comes of it."""
    from core.errors import RegularsError
    from pipelines import data_review

    try:
        return data_review.review(space)
    except RegularsError as error:
        console.note(f"the quality of the data could not be looked at: {error}")
        return None


def _print(console: Console, report: IngestReport) -> None:
    header = ("table", "read", "filtered", "bad", "repeated", "superseded", "added", "replaced", "unchanged", "seconds")
    console.table(header, [_row(table) for table in report.tables])
    reasons = [(t.table, reason, count) for t in report.tables for reason, count in t.quarantined.items()]
    if reasons:
        console.print()
        console.table(("table", "reason of bad rows", "rows"), reasons)
    flagged = [(t.table, reason, count) for t in report.tables for reason, count in t.flagged.items()]
    if flagged:
        console.print()
        console.table(("table", "flagged and kept", "rows"), flagged)
    console.print()
    if report.reconciliation is not None:
        reconciliation.show(console, report.reconciliation)
    for note in (note for table in report.tables for note in table.notes):
        console.print(note)


def _row(t: TableReport) -> tuple[object, ...]:
    kept = (t.added, t.replaced, t.unchanged, f"{t.seconds:.1f}")
    return (t.table, t.read, t.filtered, t.quarantined_rows, t.repeated, t.superseded, *kept)


def _finish(console: Console, report: IngestReport, space: Workspace) -> None:
    quality = _quality(console, space)
    if quality is not None:
        console.print(f"the shop's data score {quality.score:g} of 100 (regulars quality)")
    for finding in quality.worst(1) if quality else ():
        console.print(f"the worst: {finding.about} ({finding.score:g}): {finding.says}")
    quarantine = space.quarantine_dir
    added, replaced = (sum(getattr(t, name) for t in report.tables) for name in ("added", "replaced"))
    bad = sum(t.quarantined_rows for t in report.tables)
    aside = f"; bad rows set aside in {quarantine}: {bad:,} (look at them: regulars quarantine list)" if bad else ""
    text = f"{added:,} rows added, {replaced:,} replaced" if added or replaced else "nothing new"
    console.finish(
        f"{text}; generation {report.generation}{aside}",
        "regulars train churn",
        report.as_dict() | {"quality": quality.score if quality else None},
    )


def _finish_dry_run(console: Console, report: IngestReport, settings: Settings) -> None:
    from pipelines import uses
    from pipelines.ingest.report import advice

    for check in report.checks:
        failed = "" if check.passed else f": rows {check.failed_rows:,}"
        console.print(f"{'PASS' if check.passed else 'FAIL'}  {check.name}{failed}")
        for example in check.examples:
            console.print(f"        {example}")
    console.print()
    purposes = uses.of_tables(settings)
    features = [(name, "on" if on else "off", purposes[name]) for name, on in report.features.items()]
    console.table(("table", "is", "switches on"), features)
    if report.unread:
        console.print(f"nothing reads these columns yet; they are kept: {', '.join(report.unread)}")
    failed_checks = sum(not check.passed for check in report.checks)
    if report.passed:
        text = f"{len(report.checks)} checks, {failed_checks} failed; an ingest would go through; nothing was changed"
        console.finish(text, "regulars ingest", report.as_dict())
        return
    text = f"{len(report.checks)} checks, {failed_checks} failed; an ingest would be refused; nothing was changed"
    console.finish(text, advice(report.tables, after_dry_run=True), {**report.as_dict(), "ok": False})
    raise SystemExit(1)
