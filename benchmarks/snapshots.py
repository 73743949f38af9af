"""A snapshot of features by queries that are written once, beside writing them for each day: CPU time, in turns.

    .venv/bin/python benchmarks/snapshots.py WORKSPACE

WORKSPACE has tables (`regulars ingest`); nothing in it is changed. Prints the medians and their ratio.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from core.clock import present
from core.workspace import Workspace
from feature_repo import catalog, shop_tables, snapshots
from feature_repo.catalog import View
from feature_repo.shop_tables import ShopTables, Snapshot

ROUNDS = 5
VIEWS = ("customer_features", "product_features", "series_features")


def written_once(view: View, shop: ShopTables, day: date) -> None:
    shop.engine.raw_sql(snapshots.compiled(view, shop).prepared(shop, day)).fetchall()


def written_each_time(view: View, shop: ShopTables, day: date) -> None:
    query = shop.engine.compile(snapshots.expression(view, shop, Snapshot(day)).order_by(view.key))
    shop.engine.raw_sql(query).fetchall()


def seconds(build: Callable[[View, ShopTables, date], None], view: View, shop: ShopTables, day: date) -> float:
    started = time.process_time()
    build(view, shop, day)
    return time.process_time() - started


def main() -> None:
    workspace = Workspace.open(Path(sys.argv[1]))
    shop = shop_tables.tables(workspace, shop_tables.connect(workspace))
    for name in VIEWS:
        view, last = catalog.view(name), present(workspace)
        days = [last - timedelta(days=7 * back) for back in range(ROUNDS + 1)]
        for build in (written_once, written_each_time):
            build(view, shop, days[0])
        once = [seconds(written_once, view, shop, day) for day in days[1:]]
        each = [seconds(written_each_time, view, shop, day) for day in days[1:]]
        a, b = statistics.median(once), statistics.median(each)
        print(f"{name}: {a:.2f} s written once, {b:.2f} s written each time: {a / b:.2f} of it")


if __name__ == "__main__":
    main()
