"""Tuning: one seeded Optuna study that can be stopped, killed and resumed without changing what it finds.

Each trial's sampler is seeded by the study's seed and by how many trials finished before it, never by
how often the process was started. So the same data, seed and number of finished trials find the same best.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from core.database import driver, expand
from core.errors import NotReady, UsageError
from core.progress import current
from core.workspace import Workspace
from models.kinds import Budget
from training.outcome import StudyNote

Objective = Callable[[Trial], float]
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Tuned:
    """A study and what it found within the first `trials` finished trials."""

    study: optuna.Study
    best: FrozenTrial
    trials: int

    def note(self) -> StudyNote:
        """What a training record keeps of it."""
        history = tuple(_row(trial) for trial in _finished(self.study)[: self.trials])
        value = float(self.best.values[0])
        return StudyNote(self.study.study_name, self.trials, value, dict(self.best.params), history)


def run(
    workspace: Workspace,
    name: str,
    objective: Objective,
    budget: Budget,
    *,
    depends_on: Mapping[str, Any],
    direction: str = "minimize",
    first: Sequence[Mapping[str, Any]] = (),
) -> Tuned:
    """Finish the budget's trials of the study, counting those that an earlier run finished.

    Args:
        workspace: where the study is stored (`tuning/journal.log`, or the settings' storage).
        name: what is tuned, such as `churn-2017-11-20`.
        objective: the trial's value; it may raise `optuna.TrialPruned`.
        budget: finished (complete or pruned) trials, and seconds after which no further trial starts: a safety
            stop, as it makes the result depend on the machine.
        depends_on: what the values depend on (data digest, folds, search space): anything else in it
            starts a new study.
        direction: `minimize` or `maximize`.
        first: parameters tried before the sampler takes over.

    Raises:
        UsageError: a budget of no trials.
        NotReady: no trial gave a value, or the time ran out before one was complete.
    """
    trials = budget.trials
    if trials < 1:
        raise UsageError(f"{trials} trials can't find anything", todo="give at least 1")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = workspace.settings.seed
    storage = _storage(workspace)
    full_name = f"{name}-{_digest({'seed': seed, 'first': list(map(dict, first)), **depends_on})}"
    study = optuna.create_study(storage=storage, study_name=full_name, direction=direction, load_if_exists=True)
    many = not isinstance(storage, JournalStorage)  # workers beside this one: don't try what they are trying
    _work(study, objective, budget, seed=seed, first=first, liar=many)
    return Tuned(study, _best(study, trials), min(trials, len(_finished(study))))


def _work(
    study: optuna.Study,
    objective: Objective,
    budget: Budget,
    *,
    seed: int,
    first: Sequence[Mapping[str, Any]],
    liar: bool,
) -> None:
    """Run one trial at a time until the budget or the time is used up."""
    started, trials = time.monotonic(), budget.trials
    done = len(_finished(study))
    for number in current().track(range(done, trials), "tuning", total=max(trials - done, 0)):
        if time.monotonic() - started > budget.timeout_s:
            current().note(f"tuning stopped after {number} of {trials} trials: {budget.timeout_s:.0f} s are over")
            return
        if number < len(first) and not study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            study.enqueue_trial(dict(first[number]))
        study.sampler = optuna.samplers.TPESampler(
            seed=_seed(seed, number), n_startup_trials=max(8, len(first)), constant_liar=liar
        )
        study.optimize(objective, n_trials=1)


def _storage(workspace: Workspace) -> BaseStorage:
    url = workspace.settings.stores.optuna
    if url:
        return optuna.storages.RDBStorage(driver(expand(url)), heartbeat_interval=60, grace_period=180)
    path = workspace.tuning_dir / "journal.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    _mend(path)
    return JournalStorage(JournalFileBackend(str(path)))


def _mend(path: Path) -> None:
    """Cut off a last line that a crash left half-written; the journal can't be read past it."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("rb+") as file:
            file.truncate(whole)


def _finished(study: optuna.Study) -> list[FrozenTrial]:
    trials = study.get_trials(deepcopy=False, states=FINISHED)
    return sorted(trials, key=lambda trial: trial.number)


def _best(study: optuna.Study, trials: int) -> FrozenTrial:
    complete = [t for t in _finished(study)[:trials] if t.state is TrialState.COMPLETE]
    if not complete and (failed := study.get_trials(deepcopy=False, states=(TrialState.FAIL,))):
        raise NotReady(
            f"none of the {len(failed)} trials gave a value",
            why="the window that trials are scored on holds nothing to score",
            todo="train as of another date (--as-of), or bring more history",
        )
    if not complete:
        raise NotReady(
            "the time ran out before one trial was complete", todo="give more time (--timeout) and start again"
        )
    sign = 1 if study.direction is optuna.study.StudyDirection.MINIMIZE else -1
    return min(complete, key=lambda trial: (sign * trial.values[0], trial.number))


def _row(trial: FrozenTrial) -> dict[str, Any]:
    seconds = trial.duration.total_seconds() if trial.duration else None
    value = trial.values[0] if trial.values else None
    return {"number": trial.number, "value": value, "seconds": seconds, **trial.params}


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _seed(seed: int, number: int) -> int:
    """An independent seed for each (study seed, trial)."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest()[:4], "big")
