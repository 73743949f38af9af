"""Many lines of CSV in one ingest, beside DuckDB reading and writing the same file without any check.

    .venv/bin/python benchmarks/ingest_scale.py [--lines 10000000] [--keyless] [--folder DIR]

Makes a file of order lines (0.1% of them bad, some orders told again), and runs in processes of their own: DuckDB
alone, from the CSV to a Parquet file; `regulars ingest` of it into an empty workspace; and once more, with a line that
was added. Prints seconds, CPU seconds (of all threads), the highest memory of the process and its children, and the
ratios. Both keep to the same settings (`threads`, `memory_mb`). Absolute times depend on the machine and on what else
it does; of CPU seconds the ratio is steadier. `--keyless` leaves out the number of the line, so that a line is known
by its whole content.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from core import query_engine, settings_template
from core.expressions import literal
from core.workspace import SETTINGS_FILE

ROOT = Path(__file__).parents[1]
MAPPING = """\
timezone: Europe/London
base_currency: GBP
tables:
  orders:
    from: {file}
    columns:
      customer_id: customer
      order_id: order
      product_id: sku
      ordered_at: at
      quantity: qty
      revenue: qty * price
      store_id: store
      channel: channel
"""


@dataclass(frozen=True)
class Run:
    """What a process needed."""

    seconds: float
    cpu: float
    peak_gb: float
    output: str


def make(file: Path, lines: int) -> None:
    """Write order lines: three an order, 3,000 products, a customer every eighth order, four years of 2020 to 2023."""
    with query_engine.without_workspace() as connection:
        connection.execute(
            f"""COPY (
            SELECT 'c' || lpad(CAST(hash(n // 3) % ({lines} // 24 + 1) AS VARCHAR), 7, '0') AS customer,
                'o' || lpad(CAST(n // 3 AS VARCHAR), 8, '0') AS "order", n % 3 + 1 AS line,
                'p' || lpad(CAST(hash(n, 'sku') % 3000 AS VARCHAR), 5, '0') AS sku,
                strftime(TIMESTAMP '2020-01-01 08:00:00'
                    + to_seconds(CAST((n // 3) * (126230400.0 / ({lines} / 3)) AS BIGINT)), '%Y-%m-%d %H:%M:%S') AS at,
                CASE WHEN hash(n, 'bad') % 1000 = 0 THEN 'many' ELSE CAST(1 + hash(n, 'qty') % 4 AS VARCHAR) END AS qty,
                printf('%.2f', 0.5 + (hash(n, 'price') % 5000) / 100.0) AS price,
                's' || CAST(hash(n // 3, 'store') % 40 AS VARCHAR) AS store,
                CASE WHEN hash(n // 3, 'channel') % 4 = 0 THEN 'web' ELSE 'store' END AS channel
            FROM range({lines}) AS r(n)) TO {literal(str(file))} (FORMAT csv, HEADER)"""
        )


def plain(file: Path, target: Path) -> None:
    """DuckDB alone: the CSV as a Parquet file."""
    with query_engine.without_workspace() as connection:
        connection.execute(
            f"COPY (FROM read_csv({literal(str(file))})) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )


def measured(command: list[str]) -> Run:
    """Run it, and look every 20 ms at the memory of it and its children."""
    started, peak, done = time.perf_counter(), 0, threading.Event()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})

        def look() -> None:
            nonlocal peak
            while not done.wait(0.02):
                peak = max(peak, _memory(process.pid))

        watcher = threading.Thread(target=look)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        done.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {text}")
    highest = max(peak, usage.ru_maxrss * 1024) / 1e9
    return Run(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, highest, text)


def _memory(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])
    except psutil.Error:
        return 0


def compare(folder: Path, lines: int, keyless: bool) -> None:
    file, shop = folder / "lines.csv", folder / "shop"
    shop.mkdir()
    make(file, lines)
    gigabytes = file.stat().st_size / 1e9
    print(f"{lines:,} lines, {gigabytes:.2f} GB of CSV")
    (shop / SETTINGS_FILE).write_text(settings_template.render())
    line_id = "" if keyless else "      line_id: line\n"
    (shop / "mapping.yaml").write_text(MAPPING.format(file=file) + line_id)
    alone = measured([sys.executable, __file__, "--plain", str(file), str(folder / "plain.parquet")])
    command = [sys.executable, "-m", "pipelines.cli.main", "ingest", "--json", "--workspace", str(shop)]
    first = measured(command)
    with file.open("a") as appended:
        appended.write("c1,onew,1,p00001,2023-12-31 10:00:00,1,1.00,s1,web\n")
    second = measured(command)
    for name, run in (("duckdb alone", alone), ("regulars ingest", first), ("again, a line more", second)):
        print(
            f"{name:20} {run.seconds:7.1f} s {run.cpu:7.1f} CPU s {run.peak_gb:6.2f} GB peak"
            f" {lines / run.cpu / 1e3:7.0f} thousand lines per CPU second; CPU {run.cpu / alone.cpu:.1f} x duckdb alone"
        )
    for run in (first, second):
        table = json.loads(run.output)["tables"][0]
        print({name: table[name] for name in ("read", "added", "replaced", "unchanged", "quarantined")})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--keyless", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the file lies [default: a temporary folder]")
    parser.add_argument("--plain", type=Path, nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.plain:
        plain(*given.plain)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        compare(Path(folder), given.lines, given.keyless)


if __name__ == "__main__":
    main()
