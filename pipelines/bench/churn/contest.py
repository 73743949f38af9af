"""One shop of the bench: the product trained as of each date beside its own baselines and its peers, and what came."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from pandas import DataFrame, Series
from scipy.special import expit, logit

from core.progress import current
from core.workspace import Workspace
from models.arrays import Float64Array
from models.kinds import Budget, kind
from pipelines.bench.churn import churn_task
from pipelines.bench.churn.churn_task import ChurnTask
from pipelines.bench.churn.peers import MEAN, MEAN_OF, PEERS
from pipelines.bench.contests.standings import SERVED, ContestEntry
from training.run import fit

_LEAST = 1e-6


@dataclass(frozen=True)
class BenchWindow:
    """One date: every candidate's entry, and what the training had promised of each metric beforehand.

    Entries have `probability` and `churned` per customer.
    """

    as_of: date
    entries: Mapping[str, ContestEntry]
    promised: Mapping[str, float]


@dataclass(frozen=True)
class ShopContest:
    """A shop with its windows."""

    shop: str
    windows: tuple[BenchWindow, ...]


def contest(
    name: str, workspace: Workspace, dates: Sequence[date], peers: Sequence[str], budget: Budget
) -> ShopContest:
    """Every candidate on every date of a shop."""
    return ShopContest(name, tuple(_window(name, workspace, as_of, peers, budget) for as_of in dates))


def _window(name: str, workspace: Workspace, as_of: date, peers: Sequence[str], budget: Budget) -> BenchWindow:
    churn = kind("churn")
    entries: dict[str, ContestEntry] = {}
    with tempfile.TemporaryDirectory(prefix="regulars-") as scratch:
        current().step(f"{name} as of {as_of}: {SERVED}")
        record = fit(workspace, churn, as_of, Path(scratch), budget)
        served = churn.evaluate(workspace, churn.load(Path(scratch) / "model"), as_of)
    entries[SERVED] = ContestEntry(served, record.seconds)
    promised = {metric: interval.value for metric, interval in record.outcome.evaluation.metrics.items()}
    # Where a training knows better than its last window.
    promised |= {metric: interval.value for metric, interval in record.outcome.promised.items()}
    started = time.monotonic()
    baselines = churn.baselines(workspace, as_of)
    seconds = (time.monotonic() - started) / max(len(baselines), 1)
    for baseline, model in baselines.items():
        if baseline in peers:
            entries[baseline] = ContestEntry(churn.evaluate(workspace, model, as_of), seconds)
    entries.update(_of_peers(name, churn_task.collect(workspace, as_of), peers, served["churned"]))
    return BenchWindow(as_of, entries, promised)


def _of_peers(name: str, task: ChurnTask, peers: Sequence[str], churned: Series) -> dict[str, ContestEntry]:
    """The peers' entries; a member of the mean is fitted for it even where it is not asked for by itself."""
    needed = set(peers) | (set(MEAN_OF) if MEAN in peers else set())
    found: dict[str, ContestEntry] = {}
    for peer, predict in PEERS.items():
        if peer in needed:
            current().step(f"{name} as of {task.as_of}: {peer}")
            try:
                found[peer] = _entry(task, predict, churned)
            except Exception as error:  # libraries raise what they like; the others go on without it
                current().note(f"{peer} can't be fitted: {error}")
    shown = {peer: entry for peer, entry in found.items() if peer in peers}
    if MEAN in peers and found.keys() >= set(MEAN_OF):
        shown[MEAN] = _mean([found[peer] for peer in MEAN_OF])
    return shown


def _entry(task: ChurnTask, predict: Callable[[ChurnTask], Float64Array], churned: Series) -> ContestEntry:
    started = time.monotonic()
    chances = DataFrame({"probability": predict(task)}, index=task.customers)
    seconds = time.monotonic() - started
    return ContestEntry(chances.loc[churned.index].assign(churned=churned), seconds)


def _mean(members: Sequence[ContestEntry]) -> ContestEntry:
    """The mean of their logits."""
    logits = [logit(np.clip(each.frame["probability"].to_numpy(), _LEAST, 1 - _LEAST)) for each in members]
    chances = expit(np.mean(logits, axis=0))
    return ContestEntry(members[0].frame.assign(probability=chances), sum(each.seconds or 0.0 for each in members))
