"""Shops of several sizes through the steps of a day, each step a process of the command line."""

from __future__ import annotations

import itertools
import math
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from core import progress
from core.errors import UsageError
from core.workspace import Workspace
from pipelines.bench.scale.process_cost import ProcessCost, bytes_in, cost_of

LINES_A_CUSTOMER: Final = 50
LINES_A_PRODUCT: Final = 500
DAYS: Final = 730
BEFORE_THE_END: Final = timedelta(days=29)
"""The snapshot's day lies so far before the last one that churn's labels after it are known."""
MODELS: Final = ("churn", "recommendation", "demand")
FEAST_CUSTOMERS: Final = 20_000
"""Feast's own way is asked for no more: it takes some milliseconds a customer."""
SNAPSHOT, NEXT_DAY, FILLING = "snapshot", "next day's snapshot", "online filling"
HEADER: Final = ("lines", "customers", "step", "seconds", "CPU s", "peak MB", "disk MB")
GROWTH_HEADER: Final = ("step", "from", "to", "lines x", "CPU x", "exponent")
BESIDE_HEADER: Final = ("lines", "step", "beside", "seconds x", "CPU x", "peak x")


@dataclass(frozen=True)
class ScaleStep:
    """A step of the product, or what people do in its place (`beside` names the step)."""

    name: str
    command: Sequence[str]
    beside: str | None = None


@dataclass(frozen=True)
class MeasuredStep:
    """What a step cost on a shop of so many order lines, and how many bytes the workspace had then."""

    lines: int
    customers: int
    step: ScaleStep
    cost: ProcessCost
    disk: int

    def row(self) -> tuple[object, ...]:
        """For the table."""
        told = self.cost
        size = f"{self.lines:,}", f"{self.customers:,}"
        figures = f"{told.seconds:.1f}", f"{told.cpu:.1f}", f"{told.peak / 1e6:,.0f}", f"{self.disk / 1e6:,.0f}"
        return (*size, self.step.name, *figures)

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        told = {"seconds": self.cost.seconds, "cpu_seconds": self.cost.cpu, "peak_bytes": self.cost.peak}
        size = {"lines": self.lines, "customers": self.customers, "step": self.step.name, "beside": self.step.beside}
        return {**size, **told, "disk_bytes": self.disk}


@dataclass
class ScaleBench:
    """All that was measured."""

    measured: list[MeasuredStep] = field(default_factory=list)

    def growth(self) -> list[tuple[str, int, int, float, float]]:
        """Of each step from every size to the next larger one: name, both sizes, times the CPU, and the exponent e of
        CPU = constant x lines^e.
        """
        found = []
        for name in dict.fromkeys(each.step.name for each in self.measured if each.step.beside is None):
            runs = [each for each in self.measured if each.step.name == name]
            for small, large in itertools.pairwise(runs):
                times = large.cost.cpu / small.cost.cpu
                found.append((name, small.lines, large.lines, times, math.log(times, large.lines / small.lines)))
        return found

    def growth_rows(self) -> list[tuple[object, ...]]:
        """For the table."""
        return [
            (name, f"{small:,}", f"{large:,}", f"{large / small:.1f}", f"{times:.2f}", f"{exponent:.2f}")
            for name, small, large, times, exponent in self.growth()
        ]

    def beside_rows(self) -> list[tuple[object, ...]]:
        """The product's cost as a multiple of that of what people do in its place."""
        ours = {(each.lines, each.step.name): each.cost for each in self.measured if each.step.beside is None}
        return [
            (f"{other.lines:,}", other.step.beside, other.step.name, *_multiples(mine, other.cost))
            for other in self.measured
            if other.step.beside is not None and (mine := ours.get((other.lines, other.step.beside)))
        ]

    def verdict(self) -> str:
        """What happened, in a sentence."""
        largest = max(each.lines for each in self.measured)
        snapshot = next(each for each in self.measured if (each.lines, each.step.name) == (largest, SNAPSHOT))
        said = (
            f"all features of {snapshot.customers:,} customers and {largest:,} lines in {snapshot.cost.seconds:.0f} s "
            f"({snapshot.cost.cpu:.0f} of CPU) and {snapshot.cost.peak / 1e9:.1f} GB"
        )
        exponents = [each[4] for each in self.growth() if each[0] == SNAPSHOT]
        return f"{said}; they grow by an exponent of {exponents[-1]:.2f}" if exponents else said

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        names = ("step", "from", "to", "cpu_times", "exponent")
        growth = [dict(zip(names, each, strict=True)) for each in self.growth()]
        return {"steps": [each.as_dict() for each in self.measured], "growth": growth}


def run(sizes: Sequence[int], *, train: Sequence[str], memory_mb: int, seed: int, keep: Path | None) -> ScaleBench:
    """Measure shops of so many order lines, the smallest first.

    Raises:
        UsageError: no model is so called, or a size is too small.
        StoreError: a step failed; says what it said last.
    """
    unknown = [each for each in train if each not in MODELS]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is not trained here", todo=f"name some of: {', '.join(MODELS)}")
    if min(sizes) < LINES_A_CUSTOMER * 100:
        raise UsageError(f"{min(sizes):,} lines say nothing", todo=f"take at least {LINES_A_CUSTOMER * 100:,}")
    found = ScaleBench()
    for lines in sorted(set(sizes)):
        with _folder(keep, lines) as folder:
            for measured in _measure(folder, lines, train, memory_mb, seed):
                found.measured.append(measured)
                progress.current().note(" | ".join(map(str, measured.row())))
    return found


def _measure(folder: Path, lines: int, train: Sequence[str], memory_mb: int, seed: int) -> Iterator[MeasuredStep]:
    shop, log, environment = folder / "shop", folder / "step.log", {"REGULARS_MEMORY_MB": str(memory_mb)}
    customers = lines // LINES_A_CUSTOMER

    def measured(step: ScaleStep) -> MeasuredStep:
        progress.current().step(f"{lines:,} lines: {step.name}")
        cost = cost_of(step.command, log, environment)
        return MeasuredStep(lines, customers, step, cost, bytes_in(shop))

    for step in _taking_in(shop, lines, customers, seed):
        yield measured(step)
    day = Workspace.open(shop).tables.last_day() - BEFORE_THE_END
    for step in [*_features(shop, day, customers), *_trainings(shop, day, train)]:
        yield measured(step)


def _taking_in(shop: Path, lines: int, customers: int, seed: int) -> list[ScaleStep]:
    size = ["--customers", str(customers), "--products", str(max(100, lines // LINES_A_PRODUCT)), "--lines", str(lines)]
    made = _regulars("simulate", *size, "--days", str(DAYS), "--seed", str(seed), str(shop))
    return [ScaleStep("simulate", made), ScaleStep("ingest", _regulars("ingest", "-w", str(shop)))]


def _features(shop: Path, day: date, customers: int) -> list[ScaleStep]:
    at, later = str(day), str(day + timedelta(days=1))
    where = ("-w", str(shop))
    found = [
        ScaleStep(SNAPSHOT, _regulars("features", "build", "--as-of", at, *where)),
        ScaleStep("DuckDB SQL, 11 figures", _by_hand("sql", shop, at), SNAPSHOT),
        ScaleStep("pandas, 11 figures", _by_hand("pandas", shop, at), SNAPSHOT),
        ScaleStep(NEXT_DAY, _regulars("features", "build", "--as-of", later, *where)),
        ScaleStep(FILLING, _regulars("materialize", "--as-of", later, *where)),
    ]
    if customers <= FEAST_CUSTOMERS:
        found.append(ScaleStep("Feast's materialize, one view", _by_hand("feast", shop, later), FILLING))
    return found


def _trainings(shop: Path, day: date, models: Sequence[str]) -> list[ScaleStep]:
    return [
        ScaleStep(f"train {name}", _regulars("train", name, "--as-of", str(day), "-w", str(shop))) for name in models
    ]


def _regulars(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pipelines.cli.main", *arguments]


def _by_hand(how: str, shop: Path, day: str) -> list[str]:
    return [sys.executable, "-m", "pipelines.bench.scale.by_hand", how, str(shop), day]


def _multiples(mine: ProcessCost, other: ProcessCost) -> tuple[str, ...]:
    pairs = (mine.seconds, other.seconds), (mine.cpu, other.cpu), (mine.peak, other.peak)
    return tuple(f"{ours / its:.2f}" for ours, its in pairs)


@contextmanager
def _folder(keep: Path | None, lines: int) -> Iterator[Path]:
    """An empty one, gone afterwards unless it is kept."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="regulars-scale-") as made:
            yield Path(made)
        return
    folder = keep / f"{lines}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
