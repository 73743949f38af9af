"""`regulars bench ingest`: every platform's exports with dirt on them, and how many come in wrong without a word."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import progress
from core.errors import UsageError, did_you_mean
from pipelines.bench import platforms, taking_in, variants
from pipelines.bench.platform_export import PlatformExport
from pipelines.bench.taking_in import BenchFate, TakenIn

VARIANTS = 40
SEED = 8
HEADER = ("preset", "files", "variants", *(fate.value for fate in BenchFate))

Task = tuple[str, int, int]
"""An export's name, the seed, and the number of a variant."""


@dataclass(frozen=True)
class IngestBench:
    """What became of all variants."""

    taken: Sequence[TakenIn]

    def of(self, *fates: BenchFate) -> list[TakenIn]:
        """Those that had one of these fates."""
        return [each for each in self.taken if each.fate in fates]

    def rows(self) -> Iterator[tuple[object, ...]]:
        """The table: a row for each preset, and one for all."""
        for preset in dict.fromkeys(each.preset for each in self.taken):
            yield self._row(preset, [each for each in self.taken if each.preset == preset])
        yield self._row("all", list(self.taken))

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        named = [each for each in self.taken if each.fate is not BenchFate.RIGHT]
        return {
            "presets": [dict(zip(HEADER, row, strict=True)) for row in self.rows()],
            "not_right": [
                {"variant": each.name, "dirt": each.dirt, "fate": each.fate.value, "text": each.text} for each in named
            ],
        }

    @staticmethod
    def _row(title: str, taken: Sequence[TakenIn]) -> tuple[object, ...]:
        fates = Counter(each.fate for each in taken)
        files = len({each.name.rsplit("/", 2)[0] for each in taken})
        return (title, files, len(taken), *(fates[fate] for fate in BenchFate))


def run(
    preset: str | None = None, numbers: Sequence[int] = range(VARIANTS), seed: int = SEED, workers: int = 0
) -> IngestBench:
    """Take in variants of every export, or of one preset's.

    Args:
        preset: the name of the preset's file.
        numbers: of the variants of each export; 0 is the export as the platform writes it.
        seed: of the dirt.
        workers: processes; 0: one for each processor.

    Raises:
        UsageError: there is no such preset.
    """
    tasks = [(export.name, seed, n) for export in exports(preset) for n in numbers]
    return IngestBench(list(progress.current().track(_taken(tasks, workers), "variants", len(tasks))))


def exports(preset: str | None) -> list[PlatformExport]:
    """Of one preset, or all.

    Raises:
        UsageError: there is no such preset.
    """
    found = [export for export in platforms.ALL if preset in {None, export.preset}]
    if not found:
        names = sorted({export.preset for export in platforms.ALL})
        raise UsageError(f"the bench knows no preset {preset!r}", todo=did_you_mean(str(preset), names))
    return found


def measure(task: Task) -> TakenIn:
    """Take one variant in, in a folder of its own that is gone afterwards."""
    name, seed, number = task
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder:
        return taking_in.take_in(variants.named(f"{name}/{seed}/{number}"), Path(folder))


def _taken(tasks: Sequence[Task], workers: int) -> Iterator[TakenIn]:
    count = min(workers or os.cpu_count() or 1, len(tasks))
    if count == 1:
        yield from map(measure, tasks)
        return
    # Each process keeps to one thread: so many variants at once are faster than one with all threads.
    with ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _alone) as pool:
        yield from pool.map(measure, tasks)


def _alone() -> None:
    os.environ["REGULARS_THREADS"] = "1"
