"""The bench of serving: the service beside the floor and peers, one after the other under the same load.

Each scenario is run in turns, so that what else the machine does falls on all alike: as fast as it goes for throughput
and CPU, then at half of that for latency, with requests at random moments and evenly spaced. At random moments some
wait behind others whoever answers them: at half of saturation one server that takes always the same time has p99 at
4.3 times its p50. Evenly spaced ones wait for what the service itself does unevenly.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from core import progress
from core.errors import UsageError
from core.keys import RIGHTS, KeyStore
from core.workspace import Workspace
from pipelines.bench.service_speed import contenders, load
from pipelines.bench.service_speed.contenders import FLOOR, OURS, Contender
from pipelines.bench.service_speed.load import NOTHING, LoadSample
from pipelines.bench.service_speed.scenarios import CHURN, MANY, LoadScenario, scenarios

HEADER = ("asked", "by", "a second", "CPU ms", "p50", "p99", "p99.9", "longest", "p99/p50", "evenly: p50", "p99",
          "p99/p50", "failed")  # fmt: skip
RATIO_HEADER = ("asked", "beside", "throughput", "p50", "p99", "CPU")
STEADY_HEADER = ("while", "requests", "p50", "p99", "longest", "generator late", "failed", "memory MB", "handles")
WARM_SECONDS: Final = 0.3
SHARED: Final = {"tables", "features", "lineage", "mlflow", "quarantine"}
"""Folders of files that are never changed in place: the copy has them as links."""


@dataclass(frozen=True)
class ServingMeasure:
    """A scenario on one service: as fast as it goes, and at half of that, at random moments and `even`ly spaced; `cpu`
    is seconds a request."""

    scenario: str
    by: str
    full: LoadSample = NOTHING
    half: LoadSample = NOTHING
    cpu: float = 0.0
    even: LoadSample = NOTHING

    @property
    def latency(self) -> LoadSample:
        """The run that latency is read from: at half of saturation; of a single connection its only one."""
        return self.half if len(self.half.times) else self.full

    def row(self) -> tuple[object, ...]:
        """For the table."""
        told = self.latency
        p50, p99 = told.quantile(0.5), told.quantile(0.99)
        quantiles = (f"{p50:.2f}", f"{p99:.2f}", f"{told.quantile(0.999):.2f}", f"{told.longest:.1f}")
        rate, even = f"{self.full.per_second:.0f}", self.even
        spaced: tuple[object, ...] = ("", "", "")
        if len(even.times):
            spaced = (*(f"{even.quantile(share):.2f}" for share in (0.5, 0.99)), f"{tail(even):.1f}")
        told_of = (self.scenario, self.by, rate, f"{1000 * self.cpu:.2f}")
        return (*told_of, *quantiles, f"{p99 / p50:.1f}", *spaced, self.failed)

    @property
    def failed(self) -> int:
        """Answers that were no 200, or did not come."""
        return self.full.failed + self.half.failed + self.even.failed

    def as_dict(self) -> dict[str, Any]:
        """For machines; milliseconds."""
        told = self.latency
        shares = {"p50": 0.5, "p99": 0.99, "p999": 0.999}
        return {
            "scenario": self.scenario,
            "by": self.by,
            "per_second": self.full.per_second,
            "cpu_ms": 1000 * self.cpu,
            **{name: told.quantile(share) for name, share in shares.items()},
            "longest": told.longest,
            "generator_late": 1000 * told.lag,
            "failed": self.failed,
            **{f"evenly_{name}": self.even.quantile(share) for name, share in shares.items() if len(self.even.times)},
        }


def tail(sample: LoadSample) -> float:
    """p99 over p50."""
    return sample.quantile(0.99) / sample.quantile(0.5)


@dataclass(frozen=True)
class SteadyRun:
    """A run at a rate while something goes on: resident megabytes and handles before and after."""

    name: str
    sample: LoadSample
    memory: tuple[float, float]
    handles: tuple[int, int]

    def row(self) -> tuple[object, ...]:
        """For the table."""
        told = self.sample
        times = (told.quantile(0.5), told.quantile(0.99), told.longest, 1000 * told.lag)
        memory = f"{self.memory[0]:.1f} to {self.memory[1]:.1f}"
        handles = f"{self.handles[0]} to {self.handles[1]}"
        return (self.name, len(told.times), *(f"{each:.1f}" for each in times), told.failed, memory, handles)

    def as_dict(self) -> dict[str, Any]:
        """For machines; milliseconds and megabytes."""
        told = self.sample
        times = {"p50": told.quantile(0.5), "p99": told.quantile(0.99), "longest": told.longest}
        more = {"generator_late": 1000 * told.lag, "failed": told.failed, "requests": len(told.times)}
        return {"while": self.name, **times, **more, "memory_mb": self.memory, "handles": self.handles}


@dataclass(frozen=True)
class ServingBench:
    """All that came of it."""

    measured: tuple[ServingMeasure, ...]
    steady: tuple[SteadyRun, ...]

    def ratios(self) -> list[tuple[object, ...]]:
        """The service beside each other one that answered the same."""
        return [
            (ours.scenario, other.by, *(f"{value:.2f}" for value in ratios_of(ours, other).values()))
            for ours in self.measured
            for other in self.measured
            if ours.by == OURS and other.by != OURS and other.scenario == ours.scenario
        ]

    def of(self, scenario: str, by: str) -> ServingMeasure | None:
        """One of them."""
        return next((each for each in self.measured if (each.scenario, each.by) == (scenario, by)), None)

    def verdict(self) -> str:
        """What happened, in a sentence."""
        ours, floor = self.of(CHURN, OURS), self.of(CHURN, FLOOR)
        said = []
        if ours and floor:
            found = ratios_of(ours, floor)
            said.append(
                f"churn of 1 id: {found['throughput']:.2f} of the floor's throughput, {found['p50']:.2f} of p50"
            )
        many = self.of(MANY, OURS)
        if ours and many:
            said.append(f"100 ids cost {many.cpu / ours.cpu:.1f} times one")
        return "; ".join(said) or "nothing was compared"

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "scenarios": [each.as_dict() for each in self.measured],
            "ratios": [dict(zip(RATIO_HEADER, row, strict=True)) for row in self.ratios()],
            "steady": [each.as_dict() for each in self.steady],
        }


def ratios_of(ours: ServingMeasure, other: ServingMeasure) -> dict[str, float]:
    """What the service needs or does as a multiple of another one."""
    mine, its = ours.latency, other.latency
    return {
        "throughput": ours.full.per_second / other.full.per_second,
        "p50": mine.quantile(0.5) / its.quantile(0.5),
        "p99": mine.quantile(0.99) / its.quantile(0.99),
        "cpu": ours.cpu / other.cpu,
    }


@dataclass(frozen=True)
class Effort:
    """How long it may take: seconds a run, runs of each kind, seconds and requests of the steady runs."""

    seconds: float = 1.5
    rounds: int = 2
    steady_seconds: float = 10.0
    requests: int = 10_000


LONG: Final = Effort(5.0, 3, 300.0, 2_000_000)


def run(root: Path | None, effort: Effort, only: Sequence[str] = (), peers: Path | None = None) -> ServingBench:
    """Measure the service on a copy of a workspace.

    Raises:
        UsageError: the workspace's stores are servers, which the bench would write to, or no scenario is so called.
        StoreError: a service does not start.
    """
    with _copy(Workspace.open(root)) as workspace:
        token = KeyStore(workspace).create("bench", RIGHTS)
        asked = _named(scenarios(workspace, token, workspace.settings.seed), only)
        with ExitStack() as stack:
            progress.current().step("starting the services")
            each_of = [
                stack.enter_context(contenders.service(workspace)),
                stack.enter_context(contenders.service(workspace, contenders.ANEW)),
                stack.enter_context(contenders.floor(workspace)),
            ]
            measured = [each for scenario in asked for each in _measure(scenario, each_of, effort)]
            steady = _steady(each_of[0], workspace, asked, measured, effort) if not only else []
        if peers is not None:
            from pipelines.bench.service_speed import peer_servers

            measured += peer_servers.measure(workspace, peers, effort)
    return ServingBench(tuple(measured), tuple(steady))


def _named(offered: Sequence[LoadScenario], only: Sequence[str]) -> list[LoadScenario]:
    unknown = [name for name in only if not any(each.name.startswith(name) for each in offered)]
    if unknown:
        raise UsageError(f"there is no scenario {unknown[0]!r}", todo="; ".join(each.name for each in offered))
    return [each for each in offered if not only or any(each.name.startswith(name) for name in only)]


def _measure(scenario: LoadScenario, services: Sequence[Contender], effort: Effort) -> list[ServingMeasure]:
    progress.current().step(scenario.name)
    asked = [each for each in services if each.name == OURS or scenario.by_floor]
    found = {each.name: ServingMeasure(scenario.name, each.name) for each in asked}
    for each in asked:
        load.saturate(each.port, scenario.requests, scenario.connections, WARM_SECONDS)
    for _ in range(effort.rounds):
        for each in asked:
            found[each.name] = saturated(each, scenario, found[each.name], effort)
    for _ in range(effort.rounds if scenario.connections > 1 else 0):
        for each in asked:
            before = found[each.name]
            rate = before.full.per_second / 2
            half, even = (
                load.pace(each.port, scenario.requests, 4 * scenario.connections, effort.seconds, rate, evenly=evenly)
                for evenly in (False, True)
            )
            found[each.name] = replace(before, half=before.half.joined(half), even=before.even.joined(even))
    return list(found.values())


def saturated(each: Contender, scenario: LoadScenario, before: ServingMeasure, effort: Effort) -> ServingMeasure:
    """One more run as fast as it goes, with the CPU it took, added to those before."""
    used = each.usage().cpu
    full = load.saturate(each.port, scenario.requests, scenario.connections, effort.seconds)
    used = each.usage().cpu - used
    earlier, now = len(before.full.times), max(1, len(full.times))
    return replace(before, full=before.full.joined(full), cpu=(before.cpu * earlier + used) / (earlier + now))


def _steady(
    ours: Contender,
    workspace: Workspace,
    asked: Sequence[LoadScenario],
    measured: Sequence[ServingMeasure],
    effort: Effort,
) -> list[SteadyRun]:
    """Churn at half of its saturation: alone, while champions are exchanged and the store is filled; then memory."""
    churn = next(each for each in asked if each.name == CHURN)
    rate = next(each.full.per_second for each in measured if (each.scenario, each.by) == (CHURN, OURS)) / 2
    found = [_paced("nothing else", ours, churn, rate, effort)]
    for name, more in (("champions are exchanged", []), ("the store is filled, too", ["--refill"])):
        with _beside(workspace, effort.steady_seconds, more):
            found.append(_paced(name, ours, churn, rate, effort))
    progress.current().step(f"{effort.requests:,} requests")
    load.count(ours.port, churn.requests, churn.connections, effort.requests // 20)
    before = ours.usage()
    sample = load.count(ours.port, churn.requests, churn.connections, effort.requests)
    return [*found, _noted(f"{effort.requests:,} requests, as fast as it goes", sample, before, ours)]


def _paced(name: str, ours: Contender, scenario: LoadScenario, rate: float, effort: Effort) -> SteadyRun:
    progress.current().step(f"churn while {name}")
    before = ours.usage()
    return _noted(name, load.pace(ours.port, scenario.requests, 64, effort.steady_seconds, rate), before, ours)


def _noted(name: str, sample: LoadSample, before: contenders.Usage, ours: Contender) -> SteadyRun:
    after = ours.usage()
    return SteadyRun(name, sample, (before.resident / 2**20, after.resident / 2**20), (before.handles, after.handles))


@contextmanager
def _beside(workspace: Workspace, seconds: float, more: Sequence[str]) -> Iterator[None]:
    command = [sys.executable, "-m", "pipelines.bench.service_speed.exchange", "-w", str(workspace.root)]
    with (workspace.root / "bench-exchange.log").open("ab") as log:
        started = subprocess.Popen([*command, "--seconds", str(seconds), *more], stdout=log, stderr=log)
    try:
        yield
    finally:
        started.wait()


@contextmanager
def _copy(workspace: Workspace) -> Iterator[Workspace]:
    """A workspace of the same content, which the bench may write to."""
    stores: Mapping[str, Any] = workspace.settings.stores.model_dump()
    servers = [name for name in ("database", "online", "mlflow", "feast_registry") if stores[name]]
    if servers:
        where = ", ".join(f"stores.{name}" for name in servers)
        raise UsageError(
            f"{workspace.root} keeps its state on servers ({where}), and the bench writes predictions and events",
            todo="name a workspace with embedded stores: regulars bench serving -w DIR",
        )
    with tempfile.TemporaryDirectory(prefix="regulars-bench-", dir=workspace.root.parent) as folder:
        target = Path(folder) / "workspace"
        shutil.copytree(workspace.root, target, copy_function=_copied(workspace.root))
        yield Workspace.open(target)


def _copied(root: Path) -> Callable[[str, str], str]:
    """How a file is copied."""

    def copy(source: str, target: str) -> str:
        shared = Path(source).relative_to(root).parts[0] in SHARED and not source.endswith((".db", ".json"))
        if shared:
            Path(target).hardlink_to(source)
            return target
        return str(shutil.copy2(source, target))

    return copy
