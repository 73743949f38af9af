"""What sleeping OpenMP threads save: fits of one booster with two threads, on a quiet machine and on a busy one.

    .venv/bin/python -m benchmarks.idle_threads [--busy 3] [--rounds 30] [--repeat 3]

Each fit runs in a process of its own, with threads that turn in a loop while they wait and with threads that sleep, in
turn; first alone, then beside `--busy` processes that keep a core busy each. Prints the medians and their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from core.idle_threads import POLICY

FIT = """
import json, sys, time
import numpy as np, xgboost as xgb
rng = np.random.default_rng(0)
x = rng.normal(size=(100_000, 60)).astype("f4")
data = xgb.QuantileDMatrix(x, x[:, 0] + rng.normal(size=len(x)), max_bin=128, nthread=2)
wall, computing = time.perf_counter(), time.process_time()
levels = [0.05, 0.25, 0.5, 0.75, 0.95]
xgb.train({"objective": "reg:quantileerror", "quantile_alpha": levels, "max_depth": 5, "nthread": 2, "max_bin": 128},
          data, int(sys.argv[1]))
print(json.dumps([time.perf_counter() - wall, time.process_time() - computing]))
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--busy", type=int, default=3, help="processes beside it")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    print(f"{'':28}{'turning':>16}{'sleeping':>16}{'ratio':>8}")
    for beside in (0, given.busy):
        with _busy(beside):
            runs = [(_fit("active", given.rounds), _fit("passive", given.rounds)) for _ in range(given.repeat)]
        for place, what in enumerate(("seconds", "seconds of computing")):
            turning, sleeping = (statistics.median(pair[way][place] for pair in runs) for way in (0, 1))
            name = f"{what}, {beside} beside it"
            print(f"{name:28}{turning:16.2f}{sleeping:16.2f}{turning / sleeping:8.2f}")


def _fit(policy: str, rounds: int) -> list[float]:
    environment = os.environ | {POLICY: policy}
    command = [sys.executable, "-c", FIT, str(rounds)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    seconds: list[float] = json.loads(done.stdout)
    return seconds


@contextmanager
def _busy(count: int) -> Iterator[None]:
    command = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
