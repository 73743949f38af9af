"""`regulars predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption
from pipelines.cli.rules import note_draft


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(predict)


def predict(
    model: Annotated[str, typer.Argument(help="churn, demand, recommendation, value or uplift.", show_default=False)],
    output: Annotated[
        Path, typer.Option(metavar="FILE", help="The file to write: .parquet or .csv.", show_default=False)
    ],
    as_of: AsOfOption = None,
    *,
    alias: Annotated[str, typer.Option(help="An alias, or the number of a version.")] = "champion",
    mode: Annotated[
        str | None, typer.Option(help="Recommendation: all, or new (never bought before) [default: all].")
    ] = None,
    k: Annotated[
        int | None, typer.Option(help="Recommendation: products per customer, 1 to 1000 [default: 10].")
    ] = None,
    diversity: Annotated[
        float | None,
        typer.Option(
            help="Recommendation: how far lists follow the customer's own mix, 0 to 1 [default:"
            " recommendation.diversity].",
            show_default=False,
        ),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            metavar="KEYS", help="Demand: the groups of a level of demand.levels (department; or category,region)."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Predict for the whole population into a file."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        from core.clock import resolve_as_of
        from models import registry_tables
        from pipelines.output import require_writable

        # What is not there is answered at once, before what takes seconds to import.
        require_writable(output)
        registry_tables.version(space, model, alias)
        if model == "recommendation":
            note_draft(console, space)
        from pipelines import predictions

        day = resolve_as_of(space, as_of, any_past=True)
        done = predictions.predict(
            space, model, day, output, alias=alias, mode=mode, k=k, diversity=diversity, level=level
        )
        text = f"{done.rows:,} rows as of {done.as_of} by version {done.version} in {done.output}"
        console.finish(text, data={**vars(done), "model": done.kind})
