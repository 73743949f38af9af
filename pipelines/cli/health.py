"""`regulars status` and `regulars doctor`."""

from __future__ import annotations

from dataclasses import asdict

import typer

from pipelines.cli import reconciliation
from pipelines.cli.options import JsonOption, WorkspaceOption


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(doctor)


def status(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show what is ingested, built, trained and serving, and what is stale."""
    from core.workspace import Workspace
    from pipelines import status as report
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        state = report.collect(Workspace.open(workspace))
        console.table(("table", "rows", "first day", "last day"), [t.row() for t in state.tables], "tables")
        console.print()
        console.table(("features", "snapshots", "latest", "stale"), [v.row() for v in state.views], "features")
        console.print()
        console.table(
            ("model", "champion", "trained as of", "challenger", "state"), [m.row() for m in state.models], "models"
        )
        console.print()
        if state.reconciliation is not None:
            console.print(reconciliation.line(state.reconciliation))
        console.print(f"online store: {state.online}")
        console.print(f"service: {state.service}")
        for alert in state.alerts:
            console.print(f"alert: {alert}")
        for each in state.undelivered:
            console.print(f"not delivered: {each}")
        for experiment in state.experiments:
            console.print(f"experiment: {experiment}")
        for flag in state.flags:
            console.print(f"flag: {flag}")
        console.finish(state.summary, state.next, state.as_dict())


def doctor(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Check the environment, the workspace and each store, and say how to mend what is wrong."""
    from pipelines import doctor as examination
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        checks = examination.examine(workspace)
        for check in checks:
            console.print(f"{'PASS' if check.ok else 'FAIL'}  {check.name:15} {check.found}")
            if check.todo and not check.ok:
                console.print(f"      {'':15} -> {check.todo}")
        wrong = [check for check in checks if not check.ok]
        text = f"{len(wrong)} of {len(checks)} checks failed" if wrong else f"all {len(checks)} checks passed"
        next_step = wrong[0].todo if wrong else "regulars status"
        console.finish(text, next_step, {"ok": not wrong, "checks": [asdict(check) for check in checks]})
        if wrong:
            raise SystemExit(1)
