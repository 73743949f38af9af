"""`regulars churn-list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.contact_lists import SuppressOption, list_file, say_left_out
from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from pipelines.churn_list.drawing import Drawn


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("churn-list")(churn_list)


def churn_list(
    budget: Annotated[
        float,
        typer.Option(
            help="What the contacts may cost in all, in the base currency; where they cost nothing (contacts.costs, "
            "--cost): how many customers to contact.",
            show_default=False,
        ),
    ],
    tier: Annotated[
        int | None, typer.Option(help="Only this tier: 1, 2 or 3 [default: all three].", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="[default: lists/churn-list-DATE.csv in the workspace]", show_default=False),
    ] = None,
    *,
    cost: Annotated[
        float | None, typer.Option(help="Cost of one contact [default: contacts.costs, by action].", show_default=False)
    ] = None,
    hold_out: Annotated[
        float | None,
        typer.Option(help="Share left alone, to compare with [default: contacts.hold_out].", show_default=False),
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(help="The campaign's id [default: churn-DATE].", show_default=False)
    ] = None,
    suppress: SuppressOption = None,
    as_of: AsOfOption = None,
    alias: Annotated[str, typer.Option(help="An alias, or the number of a version of churn.")] = "champion",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write whom to win back within a budget: who, why, with what, and whom to leave alone to see whether it helps."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        from core.clock import resolve_as_of
        from models import registry_tables

        registry_tables.version(space, "churn", alias)  # what is not there is answered before slow imports
        day = resolve_as_of(space, as_of, any_past=True)
        from pipelines.churn_list.drawing import Wish, draw

        file = list_file(space, output, f"churn-list-{day}.csv")
        done = draw(space, Wish(budget, file, tier, cost, hold_out, campaign, suppress, alias), day)
        say_left_out(console, done.left_out)
        for assumption in done.assumptions:
            console.print(assumption)
        console.finish(_summary(done, budget, space.tables.manifest.base_currency), _next(done), vars(done))


def _summary(done: Drawn, budget: float, currency: str) -> str:
    if not done.contacted and not done.held_out:
        return f"nobody to contact: {_nobody(done, budget)}; an empty list is in {done.output}"
    unit = f" {currency}" if done.counts_money else " contacts"
    return (
        f"{done.contacted:,} of {done.considered:,} customers to contact, {done.held_out:,} held out, in {done.output}:"
        f" {done.spent:,.6g} of {budget:,.6g}{unit}, expected to save {done.saves:,.2f} {currency}"
    )


def _nobody(done: Drawn, budget: float) -> str:
    """Why: what most of those were left out for who are in the tier."""
    if budget == 0:
        return "a budget of 0 pays for no contact"
    asked = {reason: count for reason, count in done.left_out.items() if reason != "not_in_tier" and count}
    if not asked:
        return "no customer is in the tier"
    most = max(asked, key=lambda reason: asked[reason])
    return f"{sum(asked.values()):,} are in the tier, most of them left out because: {most.replace('_', ' ')}"


def _next(done: Drawn) -> str:
    if not done.contacted:
        return ""
    return "contact those with treated = true, then bring the file as the table contacts (docs/winning-back.md)"
