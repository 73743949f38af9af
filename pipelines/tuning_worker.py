"""A worker of a study that a training opened, on this machine or another: it prepares the same data, and takes trials.

It opens no study and trains no model: those are the training's. What keeps it out, and how trials of the dead are run
again, is `training.study`.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.errors import UsageError
from core.progress import current
from core.workspace import Workspace, of_one_generation
from models.kinds import Budget, kind
from training.kinds import require_tuned, trainer
from training.study import StudyOver


@dataclass(frozen=True)
class WorkerReport:
    """What a worker did: trials `own`, of the study's `done` and its `target`; the best value so far, by all."""

    model: str
    as_of: date
    study: str
    own: int
    done: int
    target: int
    best_value: float | None

    @property
    def is_complete(self) -> bool:
        """Whether all trials that the training asked for are done."""
        return self.done >= self.target


@of_one_generation
def work(workspace: Workspace, name: str, as_of: date, timeout: float | None = None, wait: float = 0) -> WorkerReport:
    """Take trials of the study that `train` of the same kind and date opened, until it is complete.

    `timeout` (seconds; default: the kind's) ends the work before, between two trials; `wait` is how many seconds the
    study may take to be opened.

    Raises:
        UsageError: no such kind, one without a study, an impossible time, or no storage that workers share.
        NotReady: nobody has opened the study.
        DataError: the study is of other data or settings than this workspace's, or the history is too short.
    """
    of_kind = kind(name)
    require_tuned(name)
    if not workspace.settings.stores.optuna:
        raise UsageError(
            "this workspace's trials are in a journal file, which no worker shares",
            todo="set stores.optuna to a PostgreSQL URL (on one machine, sqlite:////path/to/file will do)",
        )
    usual = of_kind.budget(workspace.settings)
    for option, value in (("--timeout", usual.timeout_s if timeout is None else timeout - 1), ("--wait", wait)):
        if value < 0:
            raise UsageError(f"{option} {value:g} is not possible", todo="give seconds")
    budget = Budget(usual.trials, usual.timeout_s if timeout is None else timeout, joins_within=wait)
    if workspace.settings.tuning.at_once == 1:
        current().note("tuning.at_once is 1: after the first trials, which are drawn by chance, one runs at a time")
    with tempfile.TemporaryDirectory(prefix="regulars-") as scratch:
        try:
            trainer(of_kind)(workspace, as_of, Path(scratch), budget)
        except StudyOver as over:
            best = None if over.tuned is None else float(over.tuned.best.values[0])
            return WorkerReport(name, as_of, over.name, over.own, over.done, over.target, best)
    raise AssertionError(f"the training of {name} has no study")
