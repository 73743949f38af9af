"""`regulars simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or not there yet.")],
    *,
    customers: Annotated[int, typer.Option(metavar="N", help="Customers who have bought.")] = 2_000,
    products: Annotated[
        int | None, typer.Option(metavar="P", help="Products [default: by the lines].", show_default=False)
    ] = None,
    lines: Annotated[int, typer.Option(metavar="L", help="Order lines, purchases and returns.")] = 100_000,
    days: Annotated[int, typer.Option(metavar="D", help="Days of history.")] = 730,
    seed: Annotated[int, typer.Option(metavar="S", help="Another seed is another shop.")] = 7,
    scenario: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML: what the shop is like, and what is planted in it.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Invent a shop whose truth is known: as Parquet, ready for `regulars ingest`, the truth in DIR/truth.

    Customers come, buy and leave at rates of their own; products, prices, promotions, seasons, returns, regions,
    currencies and contacts follow laws that a scenario sets. The same arguments give the same bytes.
    """
    from pipelines.cli.console import Console
    from pipelines.simulated_shop import simulate as the_simulation
    from pipelines.simulated_shop.shop_scenario import read_scenario
    from pipelines.simulated_shop.shop_size import ShopSize

    with Console(json).running() as console:
        size = ShopSize.of(customers, lines, days, seed, products)
        made = the_simulation.simulate(directory, size, read_scenario(scenario))
        mib = made.bytes / (1 << 20)
        text = (
            f"{size.lines:,} order lines of {size.customers:,} customers and {size.products:,} products,"
            f" {made.first_day} to {made.last_day}, in {directory} ({mib:,.0f} MiB)"
        )
        console.finish(text, f"regulars ingest --workspace {directory}", made.as_dict())
