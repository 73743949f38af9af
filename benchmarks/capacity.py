"""How many replicas 5,000, 30,000 and 120,000 requests a second need, by simulation from measured times.

    .venv/bin/python benchmarks/serving_cpu.py WORKSPACE --json times.json
    .venv/bin/python benchmarks/capacity.py times.json

A replica is one worker on one core. Requests are the mix below; each takes the CPU time of its endpoint, spread as the
times of single requests were. Printed is the fewest replicas with a 99th percentile under 0.8 s and at most one in a
thousand refused: for a plain Poisson process, and for one with bursts of twice the load, a champion exchanged
every 20 s that holds each replica up for 50 ms, and replicas that die once an hour each, noticed after 2 s and replaced
after 60.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.bench.queueing import Bursts, Faults, Load, Simulated, replicas_needed, without_trouble

SEED = 20
MIX = {"/v1/churn": 0.5, "/v1/recommendations": 0.3, "/v1/similar": 0.1, "/v1/events": 0.1}
LOADS = {5_000: 60.0, 30_000: 20.0, 120_000: 10.0}
"""Requests a second, and seconds simulated."""
TROUBLE = {
    "bursts": Bursts(2.0, seconds=1.0, every=5.0),
    "faults": Faults(swap_every=20.0, swap_stall=0.05, fails_every=3600.0, detected_after=2.0, back_after=60.0),
}


def service_times(measured: dict[str, Any], draws: int = 20_000) -> np.ndarray:
    """Seconds of work of requests of the mix, shape (about `draws`,)."""
    parts = []
    for path, share in MIX.items():
        shape = measured[path]["shape"]
        quantiles = np.array([0.0, *map(float, shape), 1.0])
        values = np.array([min(shape.values()), *shape.values(), max(shape.values())])
        times = np.interp(np.linspace(0, 1, round(draws * share)), quantiles, values)
        parts.append(times / times.mean() * measured[path]["cpu_ms"] / 1000)
    return np.concatenate(parts)


def row(rate: int, name: str, replicas: int, outcome: Simulated) -> str:
    """One line of the table."""
    latencies = " | ".join(f"{1000 * outcome.quantile(q):.0f}" for q in (0.5, 0.99, 0.999))
    return (
        f"| {rate:,} | {name} | {replicas:,} | {outcome.utilisation:.0%} | {latencies} | {outcome.refused_share:.2%} |"
    )


def main() -> None:
    """Print the table."""
    measured = json.loads(Path(sys.argv[1]).read_text())["1"]
    service = service_times(measured)
    print(
        f"mean {1000 * service.mean():.2f} ms of CPU a request of the mix: {1 / service.mean():.0f} a second and core\n"
    )
    print("| requests/s | arrivals | replicas | busy | p50 ms | p99 ms | p99.9 ms | refused |")
    print("|---|---|---|---|---|---|---|---|")
    for rate, seconds in LOADS.items():
        load = Load(rate, service, seconds, refuse_after=0.5, **TROUBLE)  # type: ignore[arg-type]
        for name, one in (("Poisson", without_trouble(load)), ("bursts, swaps, failures", load)):
            print(row(rate, name, *replicas_needed(one, SEED)), flush=True)


if __name__ == "__main__":
    main()
