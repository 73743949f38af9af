"""`regulars train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption
from pipelines.cli.release import print_gates
from pipelines.cli.telling import tell

if TYPE_CHECKING:
    from models.version import Version
    from pipelines.cli.console import Console


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(train)


def train(
    model: Annotated[str, typer.Argument(help="churn, demand, recommendation, value or uplift.", show_default=False)],
    as_of: AsOfOption = None,
    *,
    trials: Annotated[
        int | None, typer.Option(help="Completed Optuna trials [default: <model>.trials].", show_default=False)
    ] = None,
    timeout: Annotated[
        int | None,
        typer.Option(help="Safety stop of the tuning, in seconds [default: <model>.timeout_s].", show_default=False),
    ] = None,
    warm_start: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="demand: start from another shop's model, by its folder or its workspace (docs/warm-start.md).",
            show_default=False,
        ),
    ] = None,
    from_log: Annotated[
        bool,
        typer.Option(
            "--from-log",
            help="churn: learn from the feature values that answers were made of (docs/churn.md).",
        ),
    ] = False,
    mitigate: Annotated[
        str | None,
        typer.Option(
            metavar="ATTRIBUTE",
            help="churn: weigh the rows so that who left is as frequent in every group of a protected attribute; "
            "reweigh: of all of them (docs/monitoring.md#mitigation).",
            show_default=False,
        ),
    ] = None,
    unless_trained: Annotated[
        bool,
        typer.Option(
            "--unless-trained",
            help="Make no second version of the same date, data, seed and release (docs/orchestration.md).",
        ),
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Tune, evaluate and log a model; the new version becomes challenger."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        from core.clock import resolve_as_of
        from models.kinds import require_name

        require_name(model)  # a wrong name is answered at once, before what takes seconds to import
        from pipelines import training_pipeline

        day = resolve_as_of(space, as_of, any_past=True)
        trained = training_pipeline.train(
            space,
            model,
            day,
            trials,
            timeout,
            warm_start=warm_start,
            from_log=from_log,
            mitigate=mitigate,
            unless_trained=unless_trained,
        )
        tell(console, space)
        _report(console, trained.version, trained.seconds, is_new=trained.is_new)


def judged_on(version: Version) -> str:
    """What the figures are of; contacts have windows of their own, all over by the version's day."""
    if version.evaluated_from >= version.as_of:
        return f"on windows that were over by {version.as_of}"
    return f"on the window from {version.evaluated_from}"


def _report(console: Console, version: Version, seconds: float, *, is_new: bool) -> None:
    names = list(version.baselines)
    rows = [
        (name, interval, *(version.baselines[baseline].get(name) for baseline in names))
        for name, interval in version.metrics.items()
    ]
    console.table(("metric", "model", *names), rows, f"{version}, {judged_on(version)}")
    against = version.paired.get(version.best_baseline)
    console.print(f"{version.primary} against the best baseline, {version.best_baseline}: {against}")
    for name, expected in version.promised.items():
        console.print(f"{name} to expect on the window from {version.as_of}, by this shop's own past: {expected}")
    console.print()
    print_gates(console, version.gates)
    data = {
        "model": version.kind,
        "version": version.version,
        "run_id": version.run_id,
        "as_of": str(version.as_of),
        "evaluated_from": str(version.evaluated_from),
        "primary": version.primary,
        "metrics": {name: interval.as_dict() for name, interval in version.metrics.items()},
        "baselines": {
            name: {metric: interval.as_dict() for metric, interval in metrics.items()}
            for name, metrics in version.baselines.items()
        },
        "promised": {name: interval.as_dict() for name, interval in version.promised.items()},
        "gates": [gate.as_dict() for gate in version.gates],
        "training_seconds": round(seconds, 1),
        "already_trained": not is_new,
    }
    refused = [gate.name for gate in version.gates if not gate.passed]
    next_step = f"regulars promote {version.kind} {version.version}"
    if refused:
        next_step = f"regulars compare {version.kind} {version.version} champion; the gates would refuse it now"
    text = f"{version}, trained as of {version.as_of}, is challenger"
    if not is_new:
        text = f"already trained as of {version.as_of} on the same data: {version}; nothing was trained"
    console.finish(text, next_step, data)
