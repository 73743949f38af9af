"""`regulars export feedback`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="What the workspace knows, as files.", no_args_is_help=True)
    group.callback()(_group)
    group.command("feedback")(feedback)
    app.add_typer(group, name="export")


def _group() -> None:
    """What the workspace knows, as files."""


def feedback(
    output: Annotated[Path, typer.Option("--output", "-o", help="A .parquet or .csv file.", show_default=False)],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write what came of predictions, beside what was predicted."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console
    from pipelines.output import require_writable

    with Console(json).running() as console:
        require_writable(output)  # before what takes seconds to import
        from pipelines import feedback_export

        done = feedback_export.export(Workspace.open(workspace), output)
        text = f"{done.outcomes:,} outcomes in {done.rows:,} rows are in {done.output}"
        if done.unmatched:
            text += f"; {done.unmatched:,} are about no prediction of the log"
        if done.left_out:
            text += f"; {done.left_out:,} rows left out: their customers do not allow it"
        next_step = (
            "their columns are in docs/endpoints.md, Feedback" if done.rows else "send some to POST /v1/feedback"
        )
        counts = {name: getattr(done, name) for name in ("rows", "outcomes", "unmatched", "left_out")}
        console.finish(text, next_step, {**counts, "output": str(done.output)})
