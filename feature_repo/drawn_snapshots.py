"""Rows of some customers of a snapshot, without those of all the others: what a training draws of a million customers.

A snapshot of all customers costs what the shop is large; a training of a large shop learns from a few of each. Here
families that say something of a customer by what that customer did alone (`OF_ITSELF`) are computed from the rows of
those who are asked for; the others from everybody's. So the values are those of the snapshot of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

import pandas as pd

from core import progress
from core.clock import day_start
from core.workspace import Workspace
from feature_repo import engines
from feature_repo.catalog import CUSTOMER, View
from feature_repo.kept_codes import CUSTOMERS
from feature_repo.partitions import partition_in
from feature_repo.shop_tables import ShopTables
from feature_repo.snapshots import TIMESTAMP, compiled

OF_ITSELF: Final = frozenset(
    (
        "account", "baskets", "breadth", "browsing", "campaigns", "coupons", "customer_history", "customer_interests",
        "deliveries", "discounts", "frequency", "gaps", "habits", "interactions", "mailings", "money", "recency",
        "returns", "reviews", "rhythm", "stores", "tenure", "tickets", "trend", "troubles", "uncounted",
    )
)  # fmt: skip
"""Families of customers' views to whose values no other customer's rows matter. What a shop adds counts as one to
which they may."""
_ASKED, _NUMBERS = "asked_ids", "asked_numbers"


def can_draw(workspace: Workspace, view: View) -> bool:
    """Whether rows of a view can be had without the others: customers', on the embedded engine."""
    return view.entity is CUSTOMER and workspace.settings.features.engine == "duckdb"


def buyers(workspace: Workspace, as_of: date) -> list[str]:
    """Every customer with a purchase that counts before a date, in order: those of `customer_history`."""
    with engines.opened(workspace) as shop:
        bought = shop.table("purchases")
        ids = str(shop.engine.compile(bought.filter(bought.day < as_of).select("customer_id").distinct()))
        query = shop.named(ids) if shop.numbers("customer_id") else f"SELECT * FROM ({ids}) ORDER BY customer_id"
        return [str(name) for (name,) in shop.engine.raw_sql(query).fetchall()]


def write(workspace: Workspace, view: View, asked: Mapping[date, Sequence[str]], folder: Path) -> None:
    """Write snapshots of the customers asked for at each day into a folder, where they lie as they do in a workspace.

    Raises:
        NotReady: nothing has been ingested.
        DataError: a family fails.
    """
    with engines.opened(workspace) as shop:
        queries = compiled(view, shop)
        alone = [name for name in queries.parts if queries.family_of(name) in OF_ITSELF]
        days = sorted(asked)
        for day in progress.current().track(days, f"features: {view.name} of those drawn", total=len(days)):
            moment = day_start(day, workspace.tables.timezone)
            path = partition_in(folder, view.name, day)
            path.parent.mkdir(parents=True, exist_ok=True)
            queries.begin(shop, day)
            queries.compute(shop, [name for name in queries.parts if name not in alone])
            with _only(shop, queries.reads, asked[day]):
                queries.compute(shop, alone)
                rows = f"SELECT * FROM ({queries.query}) WHERE {view.key} IN (SELECT {view.key} FROM {_ASKED})"
                shop.write_query(f"SELECT *, TIMESTAMPTZ '{moment.isoformat()}' AS {TIMESTAMP} FROM ({rows})", path)


@contextmanager
def _only(shop: ShopTables, names: Iterable[str], customers: Sequence[str]) -> Iterator[None]:
    """Meanwhile the tables of these names have the rows of some customers alone, where ids have numbers in the engine;
    else, of few lines, all of them.
    """
    engine = cast(Any, shop.engine)
    engine.con.register(_ASKED, pd.DataFrame({"customer_id": pd.Series(list(customers), dtype="object")}))
    narrowed: list[str] = []
    try:
        if shop.numbers("customer_id"):
            engine.raw_sql(
                f"CREATE OR REPLACE TEMP TABLE {_NUMBERS} AS SELECT who.number AS customer_id"
                f" FROM {_ASKED} AS asked JOIN {CUSTOMERS} AS who ON asked.customer_id = who.customer_id"
            )
            for name in _views_of_customers(shop, names):
                _narrow(shop, name)
                narrowed.append(name)
        yield
    finally:
        for name in narrowed:
            engine.raw_sql(f'DROP VIEW temp.main."{name}"')
            engine.raw_sql(f'ALTER VIEW temp.main."{name} of all" RENAME TO "{name}"')
            engine.raw_sql(f'DROP TABLE temp.main."{name} of some"')
        engine.con.unregister(_ASKED)


def _views_of_customers(shop: ShopTables, names: Iterable[str]) -> list[str]:
    there = shop.engine.raw_sql(
        "SELECT view_name FROM duckdb_views() JOIN duckdb_columns() AS its ON view_name = its.table_name"
        " WHERE duckdb_views.database_name = 'temp' AND its.database_name = 'temp' AND column_name = 'customer_id'"
    ).fetchall()
    return sorted({name for (name,) in there} & set(names))


def _narrow(shop: ShopTables, name: str) -> None:
    run = shop.engine.raw_sql
    run(f'ALTER VIEW temp.main."{name}" RENAME TO "{name} of all"')
    run(
        f'CREATE OR REPLACE TEMP TABLE "{name} of some" AS SELECT * FROM temp.main."{name} of all"'
        f" WHERE customer_id IN (SELECT customer_id FROM {_NUMBERS})"
    )
    run(f'CREATE TEMP VIEW "{name}" AS SELECT * FROM temp.main."{name} of some"')
