"""`regulars order-plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from core.workspace import Workspace
    from models.demand.inventory.order_plan import OrderPlan
    from models.demand.inventory.simulation import Earned
    from models.demand.inventory.stock import Stock
    from models.intervals import Interval
    from pipelines.cli.console import Console
    from pipelines.ordering import Planned

_HEADER = (
    "policy",
    "stock (units)",
    "cost of stock",
    "margin lost",
    "together",
    "units served",
    "days without loss",
    "plan's cost less this [95%]",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("order-plan")(order_plan)


def order_plan(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write F.csv or F.parquet.", show_default=False)
    ] = None,
    *,
    pool: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="One row for all series that differ in this column alone, as they hold their stock together:"
            " region or store_id, where it is one of demand.series.",
            show_default=False,
        ),
    ] = None,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Let this and simpler policies order through the last windows instead.")
    ] = False,
    windows: Annotated[
        int, typer.Option(min=1, max=12, help="With --backtest: how many windows; each trains a model.")
    ] = 3,
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
            if output is not None or as_of is not None or pool is not None:
                raise UsageError(
                    "--backtest goes by the last windows that are over, of each series, and writes no file"
                )
            _backtest(console, space, windows)
        elif output is None:
            raise UsageError("no file is named", todo="--output FILE.csv, or --backtest")
        else:
            _plan(console, space, as_of, output, alias, pool=pool)


def _plan(console: Console, space: Workspace, as_of: str | None, output: Path, alias: str, *, pool: str | None) -> None:
    from core.clock import resolve_as_of
    from models import registry_tables

    registry_tables.version(space, "demand", alias)
    day = resolve_as_of(space, as_of)
    from pipelines.ordering import write_plan

    done = write_plan(space, day, output, alias, pool)
    plan, there = done.plan, done.stock
    for note in _notes(plan, there):
        console.print(note)
    document = {"as_of": str(day), "series": len(plan.rows), "placed": plan.placed, "orders": plan.orders,
                "units": plan.units, "stock_missing": there.missing, "unknown_products": there.unknown,
                "excluded_products": there.excluded, "below_zero": there.below_zero, "old_counts": plan.old,
                "not_forecast": plan.not_forecast, "pool": pool, "safety_stock": plan.safety_stock,
                "separate_safety_stock": plan.separate_safety_stock,
                "version": done.version, "output": output}  # fmt: skip
    following = "" if plan.placed else "bring the table 'stock' (docs/ordering.md), then: regulars ingest"
    console.finish(f"{_said(done)}{_saved(plan, pool)}, in {output}", following, document)


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
    plan = done.plan
    series = f"{len(plan.rows):,} {'series' if plan.separate_safety_stock is None else 'pools'}"
    if not plan.placed:
        why = done.stock.missing or "the table 'stock' tells of none of them"
        return f"reorder point and order-up-to of {series}; nothing to order is told, as {why}"
    unknown = len(plan.rows) - plan.placed
    rest = f"; of {unknown:,} the stock is not known" if unknown else ""
    return f"{plan.units:,.6g} units to order of {plan.orders:,} of {series}{rest}"


def _saved(plan: OrderPlan, pool: str | None) -> str:
    separate = plan.separate_safety_stock
    if separate is None:
        return ""
    saved = separate - plan.safety_stock
    change = f"{abs(saved):,.6g} units {'less' if saved >= 0 else 'more'}"
    return f"; pooled over {pool} safety stock is {plan.safety_stock:,.6g} units, {change} than kept apart"


def _backtest(console: Console, space: Workspace, windows: int) -> None:
    from pipelines.ordering import simulated

    starts, found = simulated(space, windows)
    from models.demand.inventory.backtest import OURS
    from models.demand.inventory.simulation import ours_less

    ours = next(each for each in found if each.policy == OURS)
    less = {each.policy: ours_less(ours, each, space.settings.seed) for each in found if each is not ours}
    console.table(_HEADER, [_row(each, less.get(each.policy)) for each in found])
    rows = [each.figures() | {"ours_less": less[each.policy].as_dict() if each is not ours else None} for each in found]
    best = next(each for each in found if each is not ours)
    days = space.settings.demand.horizon_days
    text = f"{_verdict(best.policy, less[best.policy])} in {len(starts)} x {days} days from {starts[-1]}"
    console.finish(text, "", {"from": [str(start) for start in starts], "policies": rows})


def _row(each: Earned, less: Interval | None) -> tuple[str, ...]:
    money = (each.stock, each.holding_cost, each.lost_margin, each.cost)
    shares = (each.fill_rate, each.days_without_loss)
    told = f"{less.value:,.2f} [{less.low:,.2f}, {less.high:,.2f}]" if less else ""
    return each.policy, *(f"{value:,.2f}" for value in money), *(f"{value:.1%}" for value in shares), told


def _verdict(best: str, less: Interval) -> str:
    if less.high < 0:
        return f"this plan would have cost less than the best simple policy ({best}), for certain,"
    if less.low > 0:
        return f"the simple policy «{best}» would have cost less than this plan, for certain,"
    return f"no certain difference between this plan and the best simple policy ({best})"
