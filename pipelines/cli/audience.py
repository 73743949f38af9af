"""`regulars audience`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.contact_lists import SuppressOption, list_file, say_left_out
from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from pipelines.audience_list import DrawnAudience


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audience")(audience)


def audience(
    product: Annotated[str, typer.Argument(help="A product_id; also of one that is not sold yet.")],
    size: Annotated[int, typer.Option(help="How many customers.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="[default: lists/audience-PRODUCT-DATE.csv in the workspace]", show_default=False
        ),
    ] = None,
    *,
    campaign: Annotated[
        str | None, typer.Option(help="The campaign's id [default: audience-PRODUCT-DATE].", show_default=False)
    ] = None,
    suppress: SuppressOption = None,
    as_of: AsOfOption = None,
    alias: Annotated[str, typer.Option(help="An alias, or the number of a version of recommendation.")] = "champion",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write the customers most likely to buy a product next, of those who may be contacted."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        from core.clock import resolve_as_of
        from models import registry_tables

        registry_tables.version(space, "recommendation", alias)  # what is not there is answered before slow imports
        day = resolve_as_of(space, as_of, any_past=True)
        from pipelines.audience_list import AudienceWish, draw_audience

        file = list_file(space, output, f"audience-{re.sub(r'[^A-Za-z0-9_.-]', '_', product)}-{day}.csv")
        done = draw_audience(space, AudienceWish(product, size, file, campaign, suppress, alias), day)
        say_left_out(console, done.left_out)
        console.print(_told(done))
        console.finish(_summary(done, size), _next(done), _document(done))


def _told(done: DrawnAudience) -> str:
    asked = done.asked
    if asked.told_by == "product":
        return f"told by what customers bought, as version {done.version} learnt it"
    where = f"of its {asked.level}" if asked.level in {"category", "department"} else "of the whole shop"
    return (
        f"not sold often enough to be known: told by the {len(asked.codes)} products {where} that are most like it"
        " in category, brand, name and price"
    )


def _summary(done: DrawnAudience, size: int) -> str:
    whom = f"{done.chosen:,} of {done.considered:,} customers for {done.asked.product_id}, in {done.output}"
    return whom if done.chosen >= size else f"{whom}: there are no more who may be contacted"


def _next(done: DrawnAudience) -> str:
    if not done.chosen:
        return ""
    return "contact them, then bring the file as the table contacts (docs/recommendation.md, Whom to show it to)"


def _document(done: DrawnAudience) -> dict[str, object]:
    asked = done.asked
    return {
        "product_id": asked.product_id,
        "told_by": asked.told_by,
        "alike": list(asked.alike),
        "as_of": str(done.as_of),
        "version": done.version,
        "campaign": done.campaign,
        "considered": done.considered,
        "chosen": done.chosen,
        "left_out": done.left_out,
        "output": done.output,
    }
