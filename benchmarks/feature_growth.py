"""What a snapshot of the customers' features costs as a shop grows: CPU time and memory by customers and lines.

    .venv/bin/python -m benchmarks.feature_growth [--customers 2500 20000 200000] [--folder DIR]

Makes shops of LINES order lines a customer over two years (orders of five lines, from thirty products that each
customer keeps to; one in three leaves early), and builds `customer_features` of two days, in a process for each shop.
Prints the CPU seconds (of all threads) of reading and aggregating the lines, which is paid once for all snapshots of a
build, and of a snapshot; and the highest memory of the process. Settings are the defaults.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks import invented_shop
from core.clock import day_start
from core.workspace import Workspace
from feature_repo import catalog, shop_tables, snapshots

LINES, DAYS = 50, 730
FIRST = date(2022, 1, 3)
LAST = FIRST + timedelta(days=DAYS - 1)
VIEW = "customer_features"


def make(root: Path, customers: int) -> Workspace:
    """A workspace with order lines and products, as an ingest would leave it."""
    tables = {"orders": (_orders(customers), customers * LINES), "products": (_PRODUCTS, 3000)}
    return invented_shop.make(root, tables, FIRST, LAST)


_PRODUCTS = """SELECT 'p' || i AS product_id, 'c' || (i % 60) AS category, 'd' || (i % 8) AS department,
    'b' || (i % 40) AS brand FROM range(3000) AS r(i)"""


def _orders(customers: int) -> str:
    who, order = f"n // {LINES}", "n // 5"
    life = f"CASE WHEN hash({who}) % 3 = 0 THEN {_share(who, 'end')} ELSE 1 END"
    day = f"DATE '{FIRST}' + CAST(floor({DAYS} * ({life}) * {_share(order, 'day')}) AS INTEGER)"
    return f"""SELECT 'c' || ({who}) AS customer_id, 'o' || ({order}) AS order_id,
        'p' || (hash({who}, hash(n, 'of') % 30) % 3000) AS product_id, 1 + hash(n, 'many') % 3 AS quantity,
        0.5 + hash(n, 'price') % 3000 / 100.0 AS revenue,
        'store' || (hash({who}, hash({order}) % 3) % 40) AS store_id, {day} AS day,
        CAST({day} AS TIMESTAMP) + INTERVAL 12 HOUR AS ordered_at, ordered_at AS local_at, CAST(n AS VARCHAR) AS row_key
        FROM range({customers * LINES}) AS r(n)"""


def _share(of: str, name: str) -> str:
    """A number from 0 to 1 that follows from `of`."""
    return f"((hash({of}, '{name}') % 1000000) / 1000000.0)"


def build(root: Path) -> dict[str, float]:
    """CPU seconds of the aggregates and of a snapshot after it, and the peak of this process in GB."""
    workspace, started = Workspace.open(root), time.process_time()
    shop, view = shop_tables.tables(workspace, shop_tables.connect(workspace)), catalog.view(VIEW)
    queries = snapshots.compiled(view, shop)  # has read and aggregated the lines by the way
    for name in queries.reads:
        shop.table(name)
    read = time.process_time() - started
    took = []
    for back in range(2):
        started = time.process_time()
        day = LAST - timedelta(days=back)
        snapshots.write(view, shop, day, root / "snapshot.parquet", day_start(day, "UTC"))
        took.append(time.process_time() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"read": read, "snapshot": min(took), "peak": peak}


def compare(folder: Path, sizes: Sequence[int]) -> None:
    for customers in sizes:
        root = folder / str(customers)
        make(root, customers)
        command = [sys.executable, "-m", "benchmarks.feature_growth", "--build", str(root)]
        run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
        found, millions = json.loads(run.stdout.splitlines()[-1]), customers * LINES / 1e6
        print(
            f"{customers:8,} customers {millions:7.3f} million lines: once {found['read']:7.1f} CPU s,"
            f" a snapshot {found['snapshot']:6.1f} CPU s ({found['snapshot'] / millions:5.2f} per million lines),"
            f" {found['peak']:.2f} GB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[2_500, 20_000, 200_000])
    parser.add_argument("--folder", type=Path, help="where the shops lie [default: a temporary folder]")
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build:
        print(json.dumps(build(given.build)))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        compare(Path(folder), given.customers)


if __name__ == "__main__":
    main()
