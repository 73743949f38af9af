"""`regulars serve`: the prediction service, as a process of its own until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption
from pipelines.cli.rules import note_draft

if TYPE_CHECKING:
    from core.workspace import Workspace
    from pipelines.cli.console import Console


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    workspace: WorkspaceOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [default: serving.host].")] = None,
    port: Annotated[int | None, typer.Option(help="Port [default: serving.port].", min=1, max=65535)] = None,
    json: JsonOption = False,
) -> None:
    """Start the prediction service; Ctrl-C stops it."""
    from core.workspace import Workspace
    from pipelines import service_process
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        opened = Workspace.open(workspace)
        settings = opened.settings.serving
        note_draft(console, opened)
        running = service_process.Service(opened, host or settings.host, port or settings.port)
        with running:
            running.wait_ready()
            warn_where_nobody_is_known(console, opened)
            _tell(console, running.url)
            running.wait()


def _tell(console: Console, url: str) -> None:
    console.finish(
        f"the service answers at {url}, its documentation is {url}/docs; Ctrl-C stops it",
        "regulars keys create NAME --right predict",
        {"url": url},
    )


def warn_where_nobody_is_known(console: Console, workspace: Workspace) -> None:
    """Say so where the online store was never filled: answers then go by the population, and look like any other.

    A database that is away is no reason to end a service that answers without it.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from core.errors import StoreError
    from core.publication import AnsweringWorkspace
    from feature_repo import materialization

    try:
        nobody = materialization.as_of(AnsweringWorkspace(workspace)) is None
    except (SQLAlchemyError, StoreError):
        console.note("  the database does not answer: see /readyz")
        return
    if nobody:
        console.note("  the online store is empty: the service knows nobody; run: regulars materialize")
