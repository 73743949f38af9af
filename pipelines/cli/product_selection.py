"""`regulars product-selection`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from models.demand.launches.launch_evaluation import LaunchEvaluation, StopTrial
    from models.demand.launches.product_selection import LaunchStudy
    from pipelines.cli.console import Console
    from pipelines.launching import Launching


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("product-selection")(product_selection)


def product_selection(
    output: Annotated[Path, typer.Option(metavar="FILE", help="Write F.csv or F.parquet.", show_default=False)],
    candidates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Products to choose from, .csv or .parquet [default: those of the table products not yet sold].",
            show_default=False,
        ),
    ] = None,
    *,
    stop_loss: Annotated[
        bool, typer.Option("--stop-loss", help="Write which of the products just launched to stop instead.")
    ] = False,
    as_of: AsOfOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write which products not yet sold to take in: chance of success, heat, competition and margin of each."""
    from core.errors import UsageError
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        if stop_loss and candidates is not None:
            raise UsageError("--stop-loss looks at products that are on sale, and takes no --candidates")
        from core.clock import resolve_as_of

        day = resolve_as_of(space, as_of, any_past=True)
        from pipelines.launching import write_selection, write_stop_loss

        if stop_loss:
            _stopped(console, write_stop_loss(space, day, output), output)
        else:
            _selected(console, write_selection(space, day, output, candidates), output)


def _selected(console: Console, done: Launching, output: Path) -> None:
    found, chosen = done.study, done.candidates
    assert chosen is not None
    for reason, count in chosen.left_out.items():
        if count:
            console.print(f"left out: {count:,} {reason}")
    if chosen.unread:
        console.print(f"not read: {', '.join(chosen.unread)}")
    _told(console, found)
    best = f", the best is {done.rows['product_id'].iloc[0]}" if len(done.rows) else ""
    document = {"candidates": len(done.rows), "left_out": chosen.left_out, "unread": chosen.unread, "output": output}
    console.finish(f"{len(done.rows):,} products scored{best}, in {output}", "", document | _document(found))


def _stopped(console: Console, done: Launching, output: Path) -> None:
    found, rows = done.study, done.rows
    _told(console, found)
    stopped = int(rows["stop"].sum())
    terms = found.terms
    text = f"{stopped:,} of {len(rows):,} products, {terms.stop_days} to {terms.days - 1} days on sale, to be stopped"
    if len(rows) and rows["reach_probability"].notna().sum() == 0:
        text = f"none of {len(rows):,} products on sale can be judged: too few launches are over to learn from"
    document = {"launches": len(rows), "stopped": stopped, "output": output}
    console.finish(f"{text}, in {output}", "", document | _document(found))


def _told(console: Console, found: LaunchStudy) -> None:
    """What the shop's own launches say of how right the chances are."""
    model, terms, judged = found.model, found.terms, found.evaluation
    if not model.launches:
        console.print(f"no launch is {terms.days} days old yet: no chance of success is told (launches.days)")
        return
    console.print(f"{model.launches:,} launches are over; {model.base:.0%} reached their goal in {terms.days} days")
    if model.first is None:
        console.print("too few of them to learn from: every product has that chance")
    if judged is None:
        console.print("too few launches to judge by: how right the chances are is not known")
        return
    _judged(console, judged)


def _judged(console: Console, judged: LaunchEvaluation) -> None:
    names = {"roc_auc": "AUC", "ece": "ECE", "base_rate_ece": "ECE of the base rate", "log_loss": "log loss",
             "base_rate_log_loss": "log loss of the base rate"}  # fmt: skip
    console.print(f"learnt on {judged.learnt:,} and judged on {judged.judged:,} later launches, "
                  f"of which {judged.came:.0%} reached their goal ({judged.base:.0%} before):")  # fmt: skip
    for name, text in names.items():
        if name in judged.metrics:
            console.print(f"  {text} {judged.metrics[name]}")
    if judged.metrics["log_loss_less"].high >= 0:
        console.print("  no certain gain over the base rate: go by the order of the chances, not by their height")
    if judged.stop:
        console.print(f"  {_trial(judged.stop)}")


def _trial(stop: StopTrial) -> str:
    right = stop.stopped - stop.wrongly
    return (
        f"stop-loss: {stop.stopped:,} of {stop.judged:,} would have been stopped, {stop.wrongly:,} of them wrongly; "
        f"{right:,} of {stop.failures:,} failures found"
    )


def _document(found: LaunchStudy) -> dict[str, Any]:
    model, judged = found.model, found.evaluation
    document: dict[str, Any] = {"as_of": str(found.assortment.stop), "launches_over": model.launches,
                                "base_rate": model.base if model.launches else None,
                                "learnt": model.first is not None, "evaluation": None}  # fmt: skip
    if judged:
        document["evaluation"] = {
            "learnt": judged.learnt,
            "judged": judged.judged,
            "base": judged.base,
            "came": judged.came,
            "metrics": {name: each.as_dict() for name, each in judged.metrics.items()},
            "reliability": judged.reliability.to_dict("records"),
            "stop": vars(judged.stop) if judged.stop else None,
        }
    return document
