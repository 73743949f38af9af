"""One shop of the bench: the product trained as of each date beside its baselines and its peers, and what came."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import NotReady
from core.progress import current
from core.workspace import Workspace
from models.kinds import Budget, kind
from models.recommendation import evaluation, metrics
from models.recommendation.dataset import Dataset
from models.recommendation.labels import Relevance
from models.recommendation.rankers import MODES
from pipelines.bench.contests.standings import SERVED, ContestEntry
from pipelines.bench.recommendation import scored_lists
from pipelines.bench.recommendation.list_peers import PEERS, Peer
from pipelines.bench.recommendation.list_task import ListTask, task_of
from training.run import fit


@dataclass(frozen=True)
class ListWindow:
    """One date, and every candidate's entry: a row per customer who bought something in the window."""

    as_of: date
    entries: Mapping[str, ContestEntry]


@dataclass(frozen=True)
class OtherRelease:
    """Prediction files of another release, `<date>-<mode>.parquet` in a folder, as `regulars predict` wrote them."""

    folder: Path

    @property
    def name(self) -> str:
        """What it is called in the tables."""
        return self.folder.name

    def entry(self, dataset: Dataset, relevant: Relevance) -> ContestEntry:
        """What its files say of a date.

        Raises:
            NotReady: one is missing; says how to make it.
        """
        tops = [metrics.as_matrix(self._lists(dataset.as_of, mode), dataset) for mode in MODES]
        return ContestEntry(evaluation.judged(tops[0], tops[1], dataset, relevant), None)

    def _lists(self, as_of: date, mode: str) -> pd.DataFrame:
        file = self.folder / f"{as_of}-{mode}.parquet"
        if not file.exists():
            raise NotReady(
                f"{file} is missing",
                why="another release stands beside this one by its prediction files, one per date and mode",
                todo=f"with it: regulars predict recommendation --as-of {as_of} --mode {mode} --output {file}",
            )
        return pd.read_parquet(file, columns=["customer_id", "rank", "product_id"])


def contest(
    name: str,
    workspace: Workspace,
    dates: Sequence[date],
    peers: Sequence[str],
    budget: Budget,
    *,
    beside: OtherRelease | None = None,
) -> tuple[ListWindow, ...]:
    """Every candidate on every date of a shop."""
    return tuple(_window(name, workspace, day, peers, budget, beside=beside) for day in dates)


def _window(
    name: str, workspace: Workspace, day: date, peers: Sequence[str], budget: Budget, *, beside: OtherRelease | None
) -> ListWindow:
    dataset = Dataset.load(workspace, day)
    relevant = Relevance.load(workspace, dataset)
    # First: a file that is missing is said before anything is trained.
    entries = {} if beside is None else {beside.name: beside.entry(dataset, relevant)}
    entries[SERVED] = _served(name, workspace, day, budget)
    entries |= _baselines(workspace, day, peers)
    asked = {peer: PEERS[peer] for peer in peers if peer in PEERS}
    if asked:
        entries |= _of_peers(name, task_of(workspace, dataset), asked, dataset, relevant)
    return ListWindow(day, entries)


def _served(name: str, workspace: Workspace, day: date, budget: Budget) -> ContestEntry:
    recommendation = kind("recommendation")
    current().step(f"{name} as of {day}: {SERVED}")
    with tempfile.TemporaryDirectory(prefix="regulars-") as scratch:
        record = fit(workspace, recommendation, day, Path(scratch), budget)
        model = recommendation.load(Path(scratch) / "model")
        return ContestEntry(recommendation.evaluate(workspace, model, day), record.seconds)


def _baselines(workspace: Workspace, day: date, peers: Sequence[str]) -> dict[str, ContestEntry]:
    recommendation, found = kind("recommendation"), {}
    for name, model in recommendation.baselines(workspace, day).items():
        if name in peers:
            started = time.monotonic()
            found[name] = ContestEntry(recommendation.evaluate(workspace, model, day), time.monotonic() - started)
    return found


def _of_peers(
    name: str, task: ListTask, peers: Mapping[str, Peer], dataset: Dataset, relevant: Relevance
) -> dict[str, ContestEntry]:
    asked, found = np.flatnonzero(np.diff(relevant.all.indptr) > 0), {}
    for peer, fitted in peers.items():
        current().step(f"{name} as of {task.as_of}: {peer}")
        started = time.monotonic()
        try:
            scores = fitted(task)
            tops = [scored_lists.best(task, scores[mode], mode, asked) for mode in MODES]
        except Exception as error:  # libraries raise what they like; the others go on without it
            current().note(f"{peer} can't be fitted: {error}")
            continue
        frame = evaluation.judged(tops[0], tops[1], dataset, relevant)
        found[peer] = ContestEntry(frame, time.monotonic() - started)
    return found
