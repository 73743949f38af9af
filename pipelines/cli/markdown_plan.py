"""`regulars markdown-plan`."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from pipelines.markdowns import MarkedDown


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("markdown-plan")(markdown_plan)


def markdown_plan(
    output: Annotated[Path, typer.Option(metavar="FILE", help="Write F.csv or F.parquet.", show_default=False)],
    *,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day to sell, by default the last that is forecast.")
    ] = None,
    margin: Annotated[
        float | None, typer.Option(help="The least margin as a share of the price, such as 0.1; by default any.")
    ] = None,
    as_of: AsOfOption = None,
    alias: Annotated[str, typer.Option(help="An alias, or the number of a version of demand.")] = "champion",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write which products to mark down for the stock left: to what price, from when, and what is left then."""
    from core.clock import resolve_as_of
    from core.workspace import Workspace
    from models.demand.pricing.markdown import MarkdownTerms
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        day = resolve_as_of(space, as_of)
        last = _last(until) if until else day + timedelta(days=space.settings.demand.horizon_days - 1)
        terms = MarkdownTerms(day, last, margin)
        from pipelines.markdowns import write_markdowns

        done = write_markdowns(space, terms, output, alias)
        plan = done.plan
        refused = plan.rows["refused"][plan.rows["refused"] != ""].value_counts().to_dict()
        for code, count in refused.items():
            console.print(f"no price is told of {count:,} series: {code} (docs/prices.md)")
        document = {"as_of": str(day), "until": str(last), "series": len(plan.rows), "reduced": plan.reduced,
                    "gained": round(plan.gained, 2), "refused": refused, "stock_missing": done.missing,
                    "version": done.version, "output": output}  # fmt: skip
        following = "" if len(plan.rows) else "bring the table 'stock' (docs/ordering.md), then: regulars ingest"
        console.finish(f"{_said(done)}, in {output}", following, document)


def _last(text: str) -> date:
    from core.errors import UsageError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--until {text!r} is not a date", todo="write it as YYYY-MM-DD") from None


def _said(done: MarkedDown) -> str:
    plan = done.plan
    if not len(plan.rows):
        return f"nothing is known to be in stock ({done.missing or 'of what is forecast'})"
    return (
        f"{plan.reduced:,} of {len(plan.rows):,} series with stock to be marked down, "
        f"which should bring in {plan.gained:,.6g} more by {plan.terms.until}"
    )
