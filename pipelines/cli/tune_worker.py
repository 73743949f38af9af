"""`regulars tune-worker`."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from types import FrameType


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("tune-worker")(tune_worker)


def tune_worker(
    model: Annotated[str, typer.Argument(help="churn, demand, recommendation or value.", show_default=False)],
    as_of: AsOfOption = None,
    *,
    timeout: Annotated[
        int | None,
        typer.Option(
            help="Take no further trial after so many seconds [default: <model>.timeout_s].", show_default=False
        ),
    ] = None,
    wait: Annotated[int, typer.Option(help="Seconds that the training may take to open the study.")] = 600,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Help a training with its trials, from any machine that has the same tables and settings (docs/tuning.md).

    It ends by itself when the study that `regulars train` opened on stores.optuna is complete. Stopped, it gives its
    trial back at once; killed, after a minute and a half.
    """
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        from core.clock import resolve_as_of
        from models.kinds import require_name

        require_name(model)
        from pipelines import tuning_worker

        signal.signal(signal.SIGTERM, _stop)
        report = tuning_worker.work(space, model, resolve_as_of(space, as_of, any_past=True), timeout, wait)
        data = {
            "model": report.model,
            "as_of": report.as_of.isoformat(),
            "study": report.study,
            "own_trials": report.own,
            "done_trials": report.done,
            "asked_trials": report.target,
            "complete": report.is_complete,
            "best_value": report.best_value,
        }
        state = "complete" if report.is_complete else "not complete yet"
        text = f"{report.study}: {report.own} trials run here, {report.done} of {report.target} in all; {state}"
        console.finish(text, "" if report.is_complete else f"regulars tune-worker {model}", data)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """As Ctrl-C does, which lets the trial be given back."""
    raise KeyboardInterrupt
