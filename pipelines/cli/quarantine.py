"""`regulars quarantine list|show|release|drop`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from pipelines.ingest.rows_aside import ReasonAside

TableArgument = Annotated[str, typer.Argument(metavar="TABLE", help="orders, products, ...", show_default=False)]
ReasonOption = Annotated[
    str | None,
    typer.Option(
        "--reason", metavar="R", help="Only rows set aside for this, or for what holds this.", show_default=False
    ),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="The rows that ingest set aside, and what becomes of them.", no_args_is_help=True)
    group.callback()(_group)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("release")(release)
    group.command("drop")(drop)
    app.add_typer(group, name="quarantine")


def _group() -> None:
    """The rows that ingest set aside, and what becomes of them."""


def list_(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Count the rows set aside by table and reason, with their revenue, days and lines."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.ingest import rows_aside

        found = rows_aside.counted(Workspace.open(workspace))
        header = ("table", "reason", "rows", "revenue", "first day", "last day", "first", "last", "set aside at")
        console.table(
            header,
            [
                (r.table, r.reason, r.rows, "" if r.revenue is None else f"{r.revenue:,.2f}", *_when_and_where(r))
                for r in found
            ],
        )
        tables = list(dict.fromkeys(r.table for r in found))
        text = f"rows are set aside in {', '.join(tables)}" if tables else "no rows are set aside"
        next_step = f"regulars quarantine show {tables[0]}" if tables else ""
        console.finish(text, next_step, {"reasons": [asdict(r) for r in found]})


def _when_and_where(r: ReasonAside) -> tuple[object, ...]:
    return r.first_day, r.last_day, r.first, r.last, r.set_aside_at


def show(
    table: TableArgument,
    reason: ReasonOption = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many.")] = 20,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show rows set aside: where they stand, why, and what they say."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.ingest import rows_aside

        rows, total = rows_aside.shown(Workspace.open(workspace), table, reason, n)
        for row in rows:
            console.print(f"{row.place}: {row.reason}")
            console.print(f"        {', '.join(f'{name}={value!r}' for name, value in row.values.items())}")
        text = f"{len(rows):,} of {total:,} rows of {table} that are set aside"
        next_step = f"regulars quarantine release {table}, or drop {table}" if rows else ""
        console.finish(text, next_step, {"table": table, "total": total, "rows": [asdict(row) for row in rows]})


def release(
    table: TableArgument,
    *,
    reason: ReasonOption = None,
    as_is: Annotated[
        bool,
        typer.Option(
            "--as-is", help="Take in what only a judgement keeps out: equal rows without a key, a time far from others."
        ),
    ] = False,
    because: Annotated[
        str, typer.Option("--because", help="Why, with --as-is; it stays in the audit log.", show_default=False)
    ] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Let rows go through the same checks again, as the mapping is now; those that pass come in."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.ingest import readmission

        found = readmission.readmit(Workspace.open(workspace), table, reason, as_is=as_is, because=because)
        if found.stay:
            console.table(("reason of those that stay", "rows"), list(found.reasons.items()))
            console.print()
        text = f"{found.added:,} rows of {table} came in, {found.known:,} were in force already, {found.stay:,} stay"
        console.finish(text, _after(found.stay, found.reasons, table, as_is), asdict(found))


def _after(stay: int, reasons: object, table: str, as_is: bool) -> str:
    """What to do about rows that stay."""
    from pipelines.ingest.checks import DUPLICATE, LATER_THAN_CLOCK, TOLD_AGAIN

    said = str(reasons)
    if not stay:
        return "regulars status"
    if not as_is and any(text in said for text in (DUPLICATE, TOLD_AGAIN, "lies far from all other rows")):
        return (
            f'regulars quarantine release {table} --as-is --because "..." for duplicates and lone times that are real'
            " (equal rows with a key, such as a line_id, are one row); mend the source or mapping.yaml for the rest"
        )
    if LATER_THAN_CLOCK in said:
        return "release them once their time has come, or mend the source"
    return f"mend the source or mapping.yaml and run: regulars ingest; or: regulars quarantine drop {table}"


def drop(
    table: TableArgument,
    because: Annotated[str, typer.Option("--because", help="Why; it stays in the audit log.", show_default=False)],
    reason: ReasonOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Forget rows set aside for good; also where their source tells them again."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.ingest import rows_aside

        dropped = rows_aside.drop(Workspace.open(workspace), table, reason, because)
        text = f"{dropped:,} rows of {table} are forgotten"
        console.finish(text, "regulars quarantine list", {"table": table, "dropped": dropped})
