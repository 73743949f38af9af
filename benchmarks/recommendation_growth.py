"""What training recommendations costs as a shop grows: time and memory by customers, products and lines.

    .venv/bin/python -m benchmarks.recommendation_growth [--shops 20000x5000x1000000 ...] [--trials N] [--threads N]
        [--folder DIR] [--steps]

Makes shops of 200 days: customers who come from twice to a hundred times, and buy again a third of the time what they
bought before; products that sell by a power law, in 200 categories. Trains with the default settings in a process for
each shop. Prints wall-clock and CPU seconds, with the features that have to be built, and the highest memory of that
process; on the error stream when each step began. With --steps it takes instead the steps of one origin that grow
with the shop: a training has six origins, and baskets for two of them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks import invented_shop
from core.workspace import Workspace

DAYS = 200
FIRST = date(2022, 1, 3)
LAST = FIRST + timedelta(days=DAYS - 1)
AGAIN = 3
"""One line in so many is of the customer's few usual products."""
USUAL = 12


@dataclass(frozen=True)
class ShopSize:
    """How large a shop is."""

    customers: int
    products: int
    lines: int

    @classmethod
    def of(cls, text: str) -> ShopSize:
        """From customers x products x lines, as 20000x5000x1000000."""
        return cls(*(int(part) for part in text.split("x")))


def make(root: Path, size: ShopSize) -> Workspace:
    """A workspace of that size."""
    tables = {"orders": (_orders(size), size.lines), "products": (_products(size.products), size.products)}
    return invented_shop.make(root, tables, FIRST, LAST)


def _products(products: int) -> str:
    return f"""SELECT 'p' || i AS product_id, 'n' || (i // 3) AS name, 'c' || (i % 200) AS category,
        'd' || (i % 20) AS department, 'b' || (i % 500) AS brand FROM range({products}) AS r(i)"""


def _orders(size: ShopSize) -> str:
    """Line i: its customer is drawn with a square, so that some come often; the day from the customer and the visit."""
    chance = "((hash(i, '{what}') % 1000003) / 1000003.0)"
    drawn = {what: chance.format(what=what) for what in ("who", "what", "visit", "habit")}
    usual = f"(hash(customer, hash(i, 'usual') % {USUAL}) % 1000003) / 1000003.0"
    day = f"CAST(hash(customer, CAST(floor({drawn['visit']} * visits) AS INTEGER)) % {DAYS} AS INTEGER)"
    on = f"DATE '{FIRST}' + nth_day"
    return f"""SELECT 'c' || customer AS customer_id, 'o' || customer || '-' || nth_day AS order_id,
        'p' || product AS product_id, 1 + hash(i) % 2 AS quantity, quantity * (1 + product % 20) AS revenue,
        {on} AS day, CAST({on} AS TIMESTAMP) + INTERVAL 12 HOUR AS ordered_at, ordered_at AS local_at,
        'r' || i AS row_key
        FROM (SELECT i, customer, {day} AS nth_day,
                CAST(floor({size.products} * pow(
                    CASE WHEN {drawn["habit"]} * {AGAIN} < 1 THEN {usual} ELSE {drawn["what"]} END, 3)) AS INTEGER)
                AS product
              FROM (SELECT i, CAST(floor({size.customers} * pow({drawn["who"]}, 1.5)) AS INTEGER) AS customer,
                      2 + hash(customer, 'visits') % 40 AS visits FROM range({size.lines}) AS l(i)))"""


def train(root: Path, trials: int, threads: int) -> dict[str, Any]:
    """Train as of the day after the last; what the process that did took."""
    command = [sys.executable, "-m", "benchmarks.recommendation_growth", "--train", str(root), "--trials", str(trials)]
    place = {"REGULARS_THREADS": str(threads)}
    run = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1], env=os.environ | place
    )
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def trained(root: Path, trials: int) -> dict[str, Any]:
    """What `train` measures, in this process."""
    from core import progress
    from models.kinds import Budget
    from models.recommendation.kind import KIND
    from training.run import train as train_version

    class Told(progress.Silent):
        """Says on the error stream when each step begins, and the highest memory until then."""

        def step(self, text: str) -> None:
            """A new part of the work begins."""
            print(f"{time.monotonic() - began:7.0f} s {peak():6.2f} GB  {text}", file=sys.stderr, flush=True)

    began, cpu = time.monotonic(), time.process_time()
    workspace = Workspace.open(root)
    with progress.using(Told()):
        train_version(workspace, KIND, LAST + timedelta(days=1), Budget(trials, 7200))
    return {"seconds": time.monotonic() - began, "cpu": time.process_time() - cpu, "peak": peak()}


def steps(root: Path) -> None:
    """Print what each step of one origin takes that grows with the shop, in this process."""
    from feature_repo import catalog, snapshots
    from models.recommendation import cooccurrence, customer_bounds, item_item
    from models.recommendation.bundles.bundle_table import BundleTable
    from models.recommendation.dataset import SERVICE, Dataset
    from models.recommendation.labels import Relevance
    from models.recommendation.order_baskets import OrderBaskets

    workspace, day = Workspace.open(root), LAST - timedelta(days=27)
    clocks = time.monotonic(), time.process_time()

    def told(step: str) -> None:
        nonlocal clocks
        now = time.monotonic(), time.process_time()
        wall, cpu = (after - before for after, before in zip(now, clocks, strict=True))
        print(f"    {step:28}{wall:7.1f} s {cpu:7.1f} CPU s {peak():6.2f} GB", flush=True)
        clocks = now

    for view in catalog.service(SERVICE):
        snapshots.ensure(workspace, view.name, [day])
        told(view.name)
    dataset = Dataset.load(workspace, day, customer_bounds.FITTED)
    told("customers and products")
    item_item.fit(dataset.histories, dataset.catalogue)
    told("item-item weights")
    Relevance.load(workspace, dataset.drawn(customer_bounds.LEARNT, 0))
    told("what was bought after")
    baskets = OrderBaskets.load(workspace, dataset)
    told("baskets")
    cooccurrence.fit(baskets.products, dataset.catalogue)
    told("bought together")
    BundleTable.fit(baskets, dataset.catalogue)
    told("bundles")


def peak() -> float:
    """The highest memory of this process until now, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def compare(folder: Path, sizes: Sequence[ShopSize], trials: int, threads: int, *, whole: bool) -> None:
    for place, size in enumerate(sizes):
        root = folder / str(place)
        make(root, size)
        if not whole:
            print(f"{size.customers:,} customers, {size.products:,} products, {size.lines:,} lines", flush=True)
            steps(root)
            continue
        found = train(root, trials, threads)
        print(
            f"{size.customers:9,} customers, {size.products:7,} products, {size.lines:10,} lines, {trials} trials,"
            f" {threads} threads: {found['seconds']:6.0f} s, {found['cpu']:6.0f} CPU s, {found['peak']:.2f} GB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = ["20000x5000x1000000", "20000x20000x1000000", "100000x20000x5000000"]
    parser.add_argument("--shops", type=ShopSize.of, nargs="+", default=[ShopSize.of(each) for each in sizes])
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the shops lie [default: a temporary folder]")
    parser.add_argument("--steps", action="store_true", help="only the steps of one origin that grow")
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.train:
        print(json.dumps(trained(given.train, given.trials)))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        compare(Path(folder), given.shops, given.trials, given.threads, whole=not given.steps)


if __name__ == "__main__":
    main()
