"""`regulars audit verify`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="The audit log: who released what, and why.", no_args_is_help=True)
    group.callback()(_group)
    group.command("verify")(verify)
    app.add_typer(group, name="audit")


def _group() -> None:
    """The audit log: who released what, and why."""


def verify(
    head: Annotated[
        str | None,
        typer.Option(metavar="HEAD", help="A head printed earlier and kept elsewhere.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Check the chain, name the first broken entry, and print the head."""
    from core.audit import AuditLog
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        found = AuditLog(Workspace.open(workspace)).verify(head)
        console.print(f"head: {found.head}")
        if found.intact:
            text = f"{found.entries:,} entries, all as they were written"
            console.finish(text, "keep the head elsewhere; later: regulars audit verify --head HEAD", asdict(found))
            return
        text = f"the audit log is broken at entry {found.broken}: {found.reason}"
        next_step = "compare the database with a backup from before that entry; what comes after it proves nothing"
        console.finish(text, next_step, {"ok": False, **asdict(found)})
        raise SystemExit(1)
