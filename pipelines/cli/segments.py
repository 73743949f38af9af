"""`regulars segments`, `regulars segments history` and `regulars segments movements`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from models.segments.group_month import By, GroupMonth

BY = ("group", "stage")
ByOption = Annotated[str, typer.Option("--by", metavar="group|stage", help="Eight groups by RFM, or stages of life.")]
FORMATS = {"share": "{:.1%}", "revenue": "{:,.2f}", "health": "{:.1f}"}
"""How a table shows what is no count: an amount of money has two decimals, not four."""
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write F.csv or F.parquet.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the group; without a command of its own it tells of one day."""
    group = typer.Typer(help=_segments.__doc__, invoke_without_command=True)
    group.callback()(_segments)
    group.command("history")(history)
    group.command("movements")(movements)
    app.add_typer(group, name="segments")


def _segments(
    context: typer.Context,
    *,
    as_of: AsOfOption = None,
    by: ByOption = "group",
    output: OutputOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Put every customer into a group and a stage, with RFM scores and a health index; see how they move."""
    if context.invoked_subcommand:
        return
    from core.clock import resolve_as_of
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        chosen, opened = _by(by), Workspace.open(workspace)
        day = resolve_as_of(opened, as_of)
        from pipelines import segmentation

        found = segmentation.segment(opened, day, output, chosen)
        header = (by, "customers", "share", "revenue", "health")
        console.table(header, [[shown(name, row[name]) for name in header] for row in found.rows])
        where = f", in {output}" if output else ""
        nobody = "" if found.customers else ": nobody had allowed profiling"
        text = f"{found.customers:,} customers as of {day}{nobody}{where}"
        console.finish(text, "regulars segments history", {**asdict(found), "output": output})


def history(
    as_of: AsOfOption = None,
    months: Annotated[int, typer.Option(min=1, max=120, help="How many months back.")] = 12,
    *,
    by: ByOption = "group",
    output: OutputOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Every group over the last months, each as of its day: size, and churn of its active customers."""
    from core.clock import resolve_as_of
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        chosen, opened = _by(by), Workspace.open(workspace)
        day = resolve_as_of(opened, as_of)
        from models.segments.group_history import unprofiled_days
        from pipelines import segmentation

        found, rows = segmentation.history(opened, day, months, output, chosen)
        names = list(dict.fromkeys(month.name for month in found))
        days = list(dict.fromkeys(month.as_of for month in found))
        sizes = {(month.as_of, month.name): month for month in found}
        empty = unprofiled_days(found)
        told = [each for each in days if each not in empty]
        called = {each: f"{each} (nobody profiled)" if each in empty else str(each) for each in days}
        console.table(("as of", *names), [(called[each], *(sizes[each, n].customers for n in names)) for each in days])
        console.print()
        console.table(
            ("as of", *names),
            [(called[each], *(_churn(sizes[each, n]) for n in names)) for each in days],
            "churn from then on",
        )
        where = f"; {rows:,} rows, a customer on a day each, in {output}" if output else ""
        nobody = f", on {len(empty)} of which nobody had allowed profiling" if empty else ""
        text = f"{len(days)} days up to {day}{nobody}{where}"
        following = f"regulars segments movements --from {told[0]} --to {told[-1]}" if len(told) > 1 else ""
        console.finish(text, following, _document(found, output) | {"unprofiled_days": empty})


def movements(
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="The earlier day.", show_default=False)],
    stop: Annotated[str, typer.Option("--to", metavar="DATE", help="The later day.", show_default=False)],
    *,
    by: ByOption = "group",
    output: OutputOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write who moved from which group to which between two days: customers, share of the origin, revenue."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        chosen, days = _by(by), (_day("--from", start), _day("--to", stop))
        opened = Workspace.open(workspace)
        from models.segments.movements import moved
        from pipelines import segmentation

        table = segmentation.moved(opened, *days, output, chosen)
        rows = table.to_dict("records")
        console.table(
            tuple(table.columns), [tuple(shown(str(name), value) for name, value in row.items()) for row in rows]
        )
        others, both = moved(table)
        where = f", in {output}" if output else ""
        text = f"{others:,} of {both:,} customers who stand in a {by} on both days moved from {start} to {stop}{where}"
        document = {"from": start, "to": stop, "moved": others, "on_both_days": both}
        console.finish(text, "regulars review", document | {"movements": rows, "output": output})


def shown(column: str, value: object) -> object:
    """A cell of a table as people write such figures; `--json` and files have them in full."""
    return FORMATS[column].format(value) if column in FORMATS and value is not None else value


def _by(by: str) -> By:
    from core.errors import UsageError, did_you_mean

    if by not in BY:
        raise UsageError(f"--by {by!r}: customers are told by group or by stage", todo=did_you_mean(by, BY))
    return cast("By", by)


def _day(option: str, text: str) -> date:
    from core.errors import UsageError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a date", todo="write it as YYYY-MM-DD") from None


def _churn(month: GroupMonth) -> str:
    return "" if month.churn is None else f"{month.churn:.1%} of {month.active:,}"


def _document(found: list[GroupMonth], output: Path | None) -> dict[str, object]:
    return {"months": [asdict(month) for month in found], "output": output}
