"""One shop of the bench: the product trained as of each origin beside its baselines and its peers, and what came."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.progress import current
from core.workspace import Workspace
from models.demand.dataset import histories
from models.demand.evaluation import score_series
from models.demand.labels import sold
from models.kinds import Budget, kind
from pipelines.bench.contests.standings import SERVED, ContestEntry
from pipelines.bench.demand.demand_task import DemandTask, task_of
from pipelines.bench.demand.said import Said
from pipelines.bench.demand.series_peers import PEERS
from training.run import fit


@dataclass(frozen=True)
class SeriesWindow:
    """One origin, and every candidate's entry: the sums of `score_series` per series."""

    origin: date
    entries: Mapping[str, ContestEntry]


def contest(
    name: str, workspace: Workspace, origins: Sequence[date], peers: Sequence[str], budget: Budget
) -> tuple[SeriesWindow, ...]:
    """Every candidate on every origin of a shop."""
    return tuple(
        SeriesWindow(
            origin,
            {
                SERVED: _served(name, workspace, origin, budget),
                **_baselines(workspace, origin, peers),
                **_of_peers(name, workspace, origin, peers),
            },
        )
        for origin in origins
    )


def _served(name: str, workspace: Workspace, origin: date, budget: Budget) -> ContestEntry:
    demand = kind("demand")
    current().step(f"{name} from {origin}: {SERVED}")
    with tempfile.TemporaryDirectory(prefix="regulars-") as scratch:
        record = fit(workspace, demand, origin, Path(scratch), budget)
        model = demand.load(Path(scratch) / "model")
        return ContestEntry(demand.evaluate(workspace, model, origin), record.seconds)


def _baselines(workspace: Workspace, origin: date, peers: Sequence[str]) -> dict[str, ContestEntry]:
    demand, found = kind("demand"), {}
    for name, model in demand.baselines(workspace, origin).items():
        if name in peers:
            started = time.monotonic()
            found[name] = ContestEntry(demand.evaluate(workspace, model, origin), time.monotonic() - started)
    return found


def _of_peers(name: str, workspace: Workspace, origin: date, peers: Sequence[str]) -> dict[str, ContestEntry]:
    asked = {peer: forecast for peer, forecast in PEERS.items() if peer in peers}
    if not asked:
        return {}
    task, found = task_of(workspace, origin), {}
    for peer, forecast in asked.items():
        current().step(f"{name} from {origin}: {peer}")
        try:
            found[peer] = _entry(workspace, task, forecast)
        except Exception as error:  # libraries raise what they like; the others go on without it
            current().note(f"{peer} can't be fitted: {error}")
    return found


def _entry(workspace: Workspace, task: DemandTask, forecast: Callable[[DemandTask], Said]) -> ContestEntry:
    started = time.monotonic()
    said = forecast(task)
    seconds = time.monotonic() - started
    known = histories(workspace, task.origin)
    frame = score_series(said.forecast(task, known), sold(workspace, known.ids, task.origin), known)
    return ContestEntry(frame, seconds)
