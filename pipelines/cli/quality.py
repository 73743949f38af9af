"""`regulars quality`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from core.workspace import Workspace
    from monitoring.data_quality.quality_report import Finding, ShopQuality, TableQuality
    from pipelines.cli.console import Console

_BARS = "▁▂▃▄▅▆▇█"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("quality")(quality)


def quality(
    table: Annotated[
        str | None, typer.Option("--table", metavar="TABLE", help="Only this table, in detail.", show_default=False)
    ] = None,
    *,
    flagged: Annotated[
        bool, typer.Option("--flagged", help="List order lines that are kept and unusual, with their place.")
    ] = False,
    n: Annotated[int, typer.Option("--n", min=1, help="How many of them.")] = 20,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Score the shop's data: completeness, validity, consistency, timeliness; and say what to do about the worst."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from monitoring.data_quality.quality_history import QualityHistory, course
        from pipelines import data_review

        space = Workspace.open(workspace)
        if flagged:
            _list_flagged(console, space, n)
            return
        chosen = data_review.known_table(space, table) if table else None
        found = data_review.review(space)
        runs = QualityHistory(space).history()
        courses = {name: course(runs, name).scores for name in [None, *(each.table for each in found.tables)]}
        _show(console, found, courses)
        for each in found.tables:
            if chosen in {None, each.table}:
                _detail(console, each, everything=chosen is not None)
        worst = found.worst()
        for number, finding in enumerate(worst, 1):
            console.print(f"{number}. {finding.about} ({finding.score:g}): {finding.says}")
            console.print(f"   {finding.todo}")
        document = found.as_document() | {"history": {name or "shop": scores for name, scores in courses.items()}}
        next_step = "regulars quality --table " + worst[0].table if worst and not chosen else ""
        console.finish(f"the shop's data score {found.score:g} of 100", next_step, document)


def _list_flagged(console: Console, space: Workspace, n: int) -> None:
    from pipelines import flagged_lines

    lines, counts = flagged_lines.listed(space, n)
    if lines:
        console.table(("flagged and kept", "lines"), list(counts.items()))
        console.print()
        console.table(("place", "day", "why"), [(line.place, line.day, " and ".join(line.reasons)) for line in lines])
    document = {"counts": counts, "lines": [asdict(line) for line in lines]}
    text = f"{len(lines)} lines that should be looked at, those with two reasons first" if lines else "nothing unusual"
    console.finish(text, "more with --n; nothing was dropped" if lines else "", document)


def _show(console: Console, found: ShopQuality, courses: dict[str | None, tuple[float | None, ...]]) -> None:
    from monitoring.data_quality.quality_report import DIMENSIONS

    rows = [
        (
            each.table,
            each.rows,
            f"{each.score:g}",
            *(_score(each.dimension(name)) for name in DIMENSIONS),
            spark(courses[each.table]),
        )
        for each in found.tables
    ]
    console.table(("table", "rows", "score", *DIMENSIONS, "history"), rows)
    console.print()


def _detail(console: Console, table: TableQuality, *, everything: bool) -> None:
    """The findings of one table; where it is not asked for by name, only those with something wrong."""
    shown = [each for each in table.findings if everything or each.score < 100]
    if shown:
        console.print(f"{table.table}")
        for finding in shown:
            console.print(f"  {finding.score:>5g}  {_named(finding)}: {finding.says}")
            if finding.places and everything:
                console.print(f"         such as {'; '.join(finding.places)}")
        console.print()


def _named(finding: Finding) -> str:
    return f"{finding.dimension} of {finding.column}" if finding.column else finding.dimension


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:g}"


def spark(scores: tuple[float | None, ...]) -> str:
    """Scores as bars, the oldest first: the lowest of them stands at the bottom."""
    known = [score for score in scores if score is not None]
    if len(known) < 2:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1.0
    bars = [_BARS[round((score - low) / span * (len(_BARS) - 1))] for score in known]
    return f"{''.join(bars)} {known[-1] - known[-2]:+.1f}"
