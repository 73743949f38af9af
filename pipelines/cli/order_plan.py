"""`regulars order-plan`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from core.workspace import Workspace
    from models.demand.inventory.order_plan import OrderPlan
    from models.demand.inventory.simulation import Earned
    from models.demand.inventory.stock import Stock
    from pipelines.cli.console import Console
    from pipelines.ordering import Planned

_HEADER = ("policy", "stock (units)", "cost of stock", "margin lost", "together", "units served", "days without loss")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("order-plan")(order_plan)


def order_plan(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write F.csv or F.parquet.", show_default=False)
    ] = None,
    *,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Let this and simpler policies order through the last window instead.")
    ] = False,
    as_of: AsOfOption = None,
    alias: Annotated[str, typer.Option(help="An alias, or the number of a version of demand.")] = "champion",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write what to order now: reorder point, order-up-to, safety stock, risk of running out, quantity per series."""
    from core.errors import UsageError
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        if backtest:
            if output is not None or as_of is not None:
                raise UsageError("--backtest goes by the window that the version was judged on, and writes no file")
            _backtest(console, space, alias)
        elif output is None:
            raise UsageError("no file is named", todo="--output FILE.csv, or --backtest")
        else:
            _plan(console, space, as_of, output, alias)


def _plan(console: Console, space: Workspace, as_of: str | None, output: Path, alias: str) -> None:
    from core.clock import resolve_as_of
    from models import registry_tables

    registry_tables.version(space, "demand", alias)
    day = resolve_as_of(space, as_of)
    from pipelines.ordering import write_plan

    done = write_plan(space, day, output, alias)
    plan, there = done.plan, done.stock
    for note in _notes(plan, there):
        console.print(note)
    document = {"as_of": str(day), "series": len(plan.rows), "placed": plan.placed, "orders": plan.orders,
                "units": plan.units, "stock_missing": there.missing, "unknown_products": there.unknown,
                "excluded_products": there.excluded, "below_zero": there.below_zero, "old_counts": plan.old,
                "not_forecast": plan.not_forecast,
                "version": done.version, "output": output}  # fmt: skip
    following = "" if plan.placed else "bring the table 'stock' (docs/ordering.md), then: regulars ingest"
    console.finish(f"{_said(done)}, in {output}", following, document)


def _notes(plan: OrderPlan, there: Stock) -> list[str]:
    counted = {
        "left out, as they belong to no series: {:,} products of the table 'stock'": there.unknown,
        "left out by products.exclude: {:,} products of the table 'stock'": there.excluded,
        "less than nothing in stock, which counts as owed to customers: {:,} products": there.below_zero,
        "in stock, but not forecast (docs/demand.md says what is): {:,} series": plan.not_forecast,
        "last counted more than a week before: {:,} series": plan.old,
    }
    return [text.format(count) for text, count in counted.items() if count]


def _said(done: Planned) -> str:
    series, plan = f"{len(done.plan.rows):,} series", done.plan
    if not plan.placed:
        why = done.stock.missing or "the table 'stock' tells of none of them"
        return f"reorder point and order-up-to of {series}; nothing to order is told, as {why}"
    unknown = len(plan.rows) - plan.placed
    rest = f"; of {unknown:,} the stock is not known" if unknown else ""
    return f"{plan.units:,.6g} units to order of {plan.orders:,} of {series}{rest}"


def _backtest(console: Console, space: Workspace, alias: str) -> None:
    from models import registry_tables

    registry_tables.version(space, "demand", alias)
    from pipelines.ordering import simulated

    start, found = simulated(space, alias)
    console.table(_HEADER, [_row(each) for each in found])
    days = space.settings.demand.horizon_days
    rows = [asdict(each) | {"cost": each.cost} for each in found]
    console.finish(f"{_verdict(found)} in the {days} days from {start}", "", {"from": str(start), "policies": rows})


def _row(each: Earned) -> tuple[str, ...]:
    money = (each.stock, each.holding_cost, each.lost_margin, each.cost)
    shares = (each.fill_rate, each.days_without_loss)
    return each.policy, *(f"{value:,.2f}" for value in money), *(f"{value:.1%}" for value in shares)


def _verdict(found: list[Earned]) -> str:
    from models.demand.inventory.backtest import OURS

    ours = next(each for each in found if each.policy == OURS)
    best = min((each for each in found if each.policy != OURS), key=lambda each: each.cost)
    if ours.cost <= best.cost:
        return f"this plan would have cost {ours.cost:,.2f}, the best simple one ({best.policy}) {best.cost:,.2f},"
    return (
        f"the simple policy «{best.policy}» would have earned more (cost {best.cost:,.2f}, this plan {ours.cost:,.2f})"
    )
