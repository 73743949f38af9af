"""What training demand costs as a shop grows: time and memory by series, each of two years by day.

    .venv/bin/python -m benchmarks.demand_growth [--series 300 2000 10000] [--trials N] [--threads N] [--folder DIR]

Makes shops of products that sell from one unit in five days to four a day, with a week's rhythm and a season, a line
per product and day with sales, and trains demand per product with the default settings in a process for each shop.
Prints wall-clock and CPU seconds, with the features that have to be built, and the highest memory of that process.
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
from datetime import date, timedelta
from pathlib import Path

from benchmarks import invented_shop
from core.workspace import Workspace

DAYS = 730
FIRST = date(2022, 1, 3)
LAST = FIRST + timedelta(days=DAYS - 1)


def make(root: Path, series: int) -> Workspace:
    """A workspace whose series are products."""
    tables = {"orders": (_orders(series), series * DAYS), "products": (_products(series), series)}
    return invented_shop.make(root, tables, FIRST, LAST)


def _products(series: int) -> str:
    return f"""SELECT 'p' || i AS product_id, 'c' || (i % 60) AS category, 'd' || (i % 8) AS department,
        'b' || (i % 40) AS brand FROM range({series}) AS r(i)"""


def _orders(series: int) -> str:
    day = f"DATE '{FIRST}' + CAST(t AS INTEGER)"
    rate = "0.2 * pow(20, hash(i, 'rate') % 1000 / 1000.0)"
    rhythm = "(1 + 0.4 * (t % 7 = 5)::INT) * (1 + 0.3 * sin(2 * pi() * t / 365 + hash(i, 'season') % 100 / 16.0))"
    drawn = "-ln(((hash(i, t) % 1000000) + 1) / 1000001.0)"
    return f"""SELECT 'c' || (hash(i, t) % 5000) AS customer_id, 'o' || (hash(i, t) % 5000) || '-' || t AS order_id,
        'p' || i AS product_id, units AS quantity, units * (1 + i % 20) AS revenue, {day} AS day,
        CAST({day} AS TIMESTAMP) + INTERVAL 12 HOUR AS ordered_at, ordered_at AS local_at,
        i || '-' || t AS row_key
        FROM (SELECT i, t, floor({rate} * {rhythm} * {drawn} + 0.5) AS units
              FROM range({series}) AS p(i), range({DAYS}) AS d(t)) WHERE units > 0"""


def train(root: Path, trials: int, threads: int) -> dict[str, float]:
    """Train as of the day after the last; seconds and gigabytes of the process that did."""
    command = [sys.executable, "-m", "benchmarks.demand_growth", "--train", str(root)]
    command += ["--trials", str(trials), "--threads", str(threads)]
    place = {"REGULARS_DEMAND__SERIES": '["product_id"]', "REGULARS_THREADS": str(threads)}
    run = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1], env=os.environ | place
    )
    found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return found


def trained(root: Path, trials: int) -> dict[str, float]:
    """What `train` measures, in this process."""
    from models.demand import KIND
    from models.kinds import Budget
    from training.run import train as train_version

    began, cpu = time.monotonic(), time.process_time()
    workspace = Workspace.open(root)
    train_version(workspace, KIND, LAST + timedelta(days=1), Budget(trials, 3600))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"seconds": time.monotonic() - began, "cpu": time.process_time() - cpu, "peak": peak}


def compare(folder: Path, sizes: Sequence[int], trials: int, threads: int) -> None:
    for series in sizes:
        root = folder / str(series)
        make(root, series)
        found = train(root, trials, threads)
        print(
            f"{series:7,} series, {trials} trials, {threads} threads: {found['seconds']:6.0f} s,"
            f" {found['cpu']:6.0f} CPU s, {found['peak']:.2f} GB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, nargs="+", default=[300, 2_000, 10_000])
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the shops lie [default: a temporary folder]")
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.train:
        print(json.dumps(trained(given.train, given.trials)))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        compare(Path(folder), given.series, given.trials, given.threads)


if __name__ == "__main__":
    main()
