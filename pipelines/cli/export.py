"""`regulars export`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="What the workspace knows, as files.", no_args_is_help=True)
    group.callback()(_group)
    group.command("feedback")(feedback)
    group.command("predictions")(predictions)
    group.command("evidence")(evidence)
    group.command("monitoring")(monitoring)
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


def predictions(
    model: Annotated[str, typer.Argument(help="churn, demand or recommendation.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="A .parquet or .csv file.", show_default=False)],
    *,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="From this UTC day on.", show_default=False),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Before this UTC day.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write what a model answered, with the feature values it was made of and what came of it."""
    from core.workspace import Workspace
    from models.kinds import require_name
    from pipelines.cli.console import Console
    from pipelines.output import require_writable

    with Console(json).running() as console:
        require_name(model)
        require_writable(output)  # before what takes seconds to import
        from pipelines import prediction_export

        days = [None if moment is None else moment.date() for moment in (since, until)]
        done = prediction_export.export(Workspace.open(workspace), model, output, *days)
        text = f"{done.rows:,} lines of answers of {model} are in {done.output}, with {done.features:,} features"
        text += f"; of {done.known:,} it is known what came of them"
        if done.left_out:
            text += f"; {done.left_out:,} lines left out: their customers do not allow it"
        next_step = "their columns are in docs/endpoints.md, What was answered"
        if not done.rows:
            next_step = f"the log keeps what the service answers, for log.keep_days; ask it for {model}"
        counts = {name: getattr(done, name) for name in ("rows", "known", "features", "left_out")}
        console.finish(text, next_step, {**counts, "output": str(done.output)})


def evidence(
    model: Annotated[str, typer.Argument(help="churn, demand, recommendation, value or uplift.", show_default=False)],
    version: Annotated[str, typer.Argument(help="The number of a version, or an alias.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="A .zip file.", show_default=False)],
    *,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write all that a decision on a version rests on, as one archive that can be checked years later."""
    from core import actors
    from core.workspace import Workspace
    from models import registry_tables
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        opened = Workspace.open(workspace)
        registry_tables.version(opened, model, version)  # before what takes seconds to import
        from pipelines import evidence_archive as archives

        who = actors.acting(opened, actors.shown_key(None))
        done = archives.export(opened, model, version, output, who)
        text = f"the evidence of {done.subject}, {done.files} files, is in {done.output}"
        found = {"output": str(done.output), "files": done.files, "manifest": done.manifest, "head": done.head}
        console.finish(text, f"check it: regulars audit verify --evidence {done.output}", found)


def monitoring(
    output: Annotated[Path, typer.Option("--output", "-o", help="A .duckdb file.", show_default=False)],
    *,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write all that monitoring found, and what was decided, as a DuckDB database for notebooks."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines import monitoring_export

        done = monitoring_export.export(Workspace.open(workspace), output)
        text = f"{done.rows['runs']:,} looks at models, {done.rows['alerts']:,} alerts and "
        text += f"{done.rows['decisions']:,} decisions are in {done.output}"
        console.finish(text, "read it: docs/monitoring.ipynb", {"output": str(done.output), "rows": dict(done.rows)})
