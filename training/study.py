"""Tuning: one seeded Optuna study that many can work on, and that can be killed and resumed, with the same result.

What each trial is proposed from, and which may run beside each other, is `training.trial_slots`. So the same data,
seed and number of finished trials find the same best, whoever ran them.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, Trial, TrialState

from core.errors import DataError, NotReady, UsageError
from core.progress import current
from core.workspace import Workspace
from models.kinds import Budget
from training import study_storage, trial_slots
from training.outcome import StudyNote
from training.trial_slots import NO_VALUE, LawfulSampler, StudyLaw

Objective = Callable[[Trial], float]
LOOK_SECONDS: Final = 0.5
"""Between two looks at what others do, where there is nothing to do oneself."""
_LAW: Final = 1
_TARGET, _PARTS = "target", "depends_on"


@dataclass(frozen=True)
class Tuned:
    """A study and what it found: `best` among the `finished` trials, in the order of their slots."""

    study: optuna.Study
    best: FrozenTrial
    finished: tuple[FrozenTrial, ...]

    @property
    def trials(self) -> int:
        """How many gave a value or were pruned."""
        return len(self.finished)

    def note(self) -> StudyNote:
        """What a training record keeps of it."""
        history = tuple(_row(trial) for trial in self.finished)
        value = float(self.best.values[0])
        return StudyNote(self.study.study_name, self.trials, value, dict(self.best.params), history)


class StudyOver(Exception):  # noqa: N818 - it is no error
    """What a process came for that joined a study: there is nothing left for it to do."""

    def __init__(self, tuned: Tuned | None, name: str, own: int, done: int, target: int) -> None:
        super().__init__(f"{name}: {done} of {target} trials are done, {own} of them here")
        self.tuned, self.name, self.own, self.done, self.target = tuned, name, own, done, target


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
    """Finish the budget's trials of the study, counting those that an earlier run, or others, finished.

    Args:
        workspace: where the study is stored (`tuning/journal.log`, or the settings' storage).
        name: what is tuned, such as `churn-2017-11-20`.
        objective: the trial's value; it may raise `optuna.TrialPruned`, by what the trial itself has seen.
        budget: finished trials (complete, pruned or without a value), and seconds after which no further trial
            starts: a safety stop, as it makes the result depend on the machine.
        depends_on: what the values depend on (data digest, folds, search space): anything else in it
            starts a new study.
        direction: `minimize` or `maximize`.
        first: parameters tried before the sampler takes over.

    Raises:
        UsageError: a budget of no trials.
        NotReady: no trial gave a value, or the time ran out before one was complete; or nobody opened a study to join.
        DataError: the study to join is of other data or settings.
        StudyOver: the budget joins a study, which is done.
    """
    if budget.trials < 1:
        raise UsageError(f"{budget.trials} trials can't find anything", todo="give at least 1")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    settings = workspace.settings
    law = StudyLaw(settings.seed, settings.tuning.at_once, first)
    parts = {"seed": law.seed, "first": [*map(dict, first)], "law": [_LAW, law.at_once], **depends_on}
    storage, full_name = study_storage.opened(workspace), f"{name}-{_digest(parts)}"
    if budget.joins_within is None:
        study = _open(storage, full_name, direction, parts, budget)
        with study_storage.alone(workspace, study, storage):
            Work(study, storage, law, objective, budget).until_done()
        return _tuned(study, budget.trials)
    study = _join(storage, name, full_name, parts, budget.joins_within)
    work = Work(study, storage, law, objective, budget)
    work.until_done()
    done, target = work.done(), work.target
    raise StudyOver(_tuned(study, target) if done else None, full_name, work.own, done, target)


class Work:
    """One process's part in a study: it takes trials that are ready until the study, or its own time, is over."""

    def __init__(
        self, study: optuna.Study, storage: BaseStorage, law: StudyLaw, objective: Objective, budget: Budget
    ) -> None:
        self.study, self.storage, self.law, self.objective = study, storage, law, objective
        self.joins, self.timeout, self.trials = budget.joins_within is not None, budget.timeout_s, budget.trials
        self.study.sampler = LawfulSampler(law)
        self.own, self.running, self.lost = 0, -1, False
        self.buried = -math.inf

    @property
    def target(self) -> int:
        """How many trials are asked for: by whoever opened the study, where this one joins it."""
        return int(self.study.user_attrs[_TARGET]) if self.joins else self.trials

    def done(self) -> int:
        """How many of them are settled."""
        settled = trial_slots.settled_slots(self.study.get_trials(deepcopy=False))
        return sum(slot < self.target for slot in settled)

    def until_done(self) -> None:
        """Work until the trials asked for are settled, by anyone, or the time is used up."""
        left = max(self.target - self.done(), 0)
        for _ in current().track(self._settling(), "tuning", total=left):
            pass

    def _settling(self) -> Iterator[int]:
        """The slots as they are settled, here or elsewhere; runs trials in between."""
        started = time.monotonic()
        settled = set(trial_slots.settled_slots(self.study.get_trials(deepcopy=False)))
        while True:
            target, trials = self.target, self.study.get_trials(deepcopy=False)
            now = set(trial_slots.settled_slots(trials))
            yield from sorted(slot for slot in now - settled if slot < target)
            settled = now
            done = sum(slot < target for slot in now)
            if done >= target:
                return
            if time.monotonic() - started > self.timeout:
                self._stop(done, target)
                return
            self._next(trials, target)

    def _next(self, trials: Sequence[FrozenTrial], target: int) -> None:
        """Run a trial, where one is ready; else wait a little."""
        waiting = any(trial.state is TrialState.WAITING for trial in trials)
        ready = self.law.ready(trials, target)
        if not waiting and not ready:
            time.sleep(LOOK_SECONDS)
            if time.monotonic() - self.buried > study_storage.HEARTBEAT_SECONDS / 2:
                study_storage.bury(self.study, self.storage)
                self.buried = time.monotonic()
            return
        if not waiting:
            self.law.enqueue(self.study, ready[0])
        self.running, self.lost = -1, False
        try:
            self.study.optimize(self._value, n_trials=1, catch=(_Superfluous,))
        except Exception:
            if not self.lost:
                raise
            current().note("a trial was taken from here: this process was not heard of for too long")
        else:
            self.own += self.running >= 0

    def _value(self, trial: Trial) -> float:
        trials = self.study.get_trials(deepcopy=False)
        if trial_slots.is_superfluous(trials[trial.number], trials):
            raise _Superfluous
        self.running = trial.number
        try:
            value = self.objective(trial)
        finally:
            mine = self.study.get_trials(deepcopy=False)[trial.number]
            self.lost = mine.state is not TrialState.RUNNING  # others took this process for dead
        if math.isnan(value):
            trial.set_user_attr(NO_VALUE, True)
        return value

    def _stop(self, done: int, target: int) -> None:
        current().note(f"tuning stopped after {done} of {target} trials: {self.timeout:.0f} s are over")
        if not self.joins:
            self.study.set_user_attr(_TARGET, done)  # those who joined need not go on


class _Superfluous(Exception):  # noqa: N818 - it is no error
    """Another process has the same trial."""


def _open(
    storage: BaseStorage, full_name: str, direction: str, parts: Mapping[str, Any], budget: Budget
) -> optuna.Study:
    study = optuna.create_study(storage=storage, study_name=full_name, direction=direction, load_if_exists=True)
    study.set_user_attr(_PARTS, {name: _digest({name: part}) for name, part in parts.items()})
    study.set_user_attr(_TARGET, budget.trials)
    return study


def _join(storage: BaseStorage, name: str, full_name: str, parts: Mapping[str, Any], within: float) -> optuna.Study:
    """The study of that name, once another process has opened it."""
    until = time.monotonic() + within
    current().step(f"looking for the study {full_name}")
    while True:
        names = optuna.get_all_study_names(storage)
        if full_name in names:
            study = optuna.load_study(study_name=full_name, storage=storage)
            if _TARGET in study.user_attrs:
                return study
        if time.monotonic() >= until:
            break
        time.sleep(LOOK_SECONDS)
    for other in reversed([each for each in names if each.rpartition("-")[0] == name]):
        raise _differing(optuna.load_study(study_name=other, storage=storage), parts)
    raise NotReady(
        f"nobody has opened the study {name} on the shared storage",
        why=f"looked for {within:.0f} s",
        todo="start the training that opens it (regulars train MODEL, as of the same day), or wait longer: --wait",
    )


def _differing(study: optuna.Study, parts: Mapping[str, Any]) -> DataError:
    """What keeps a process out of a study."""
    theirs = study.user_attrs.get(_PARTS, {})
    others = [name for name, part in parts.items() if theirs.get(name) != _digest({name: part})]
    return DataError(
        f"this workspace can't join the study {study.study_name}",
        why=f"it is of another state; here differ: {', '.join(others) or 'what the study does not tell'}",
        todo="give the worker the same tables (a shared or copied workspace), settings, release and --as-of",
    )


def _tuned(study: optuna.Study, target: int) -> Tuned:
    """What was found in the first slots, as far as they are settled without a gap."""
    trials = study.get_trials(deepcopy=False)
    settled = trial_slots.settled_slots(trials)
    first = [settled[slot] for slot in range(min(target, trial_slots.prefix(settled)))]
    finished = tuple(trial for trial in first if trial.state in trial_slots.FINISHED)
    complete = [trial for trial in finished if trial.state is TrialState.COMPLETE]
    if not complete and (failed := [trial for trial in trials if trial.state is TrialState.FAIL]):
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
    best = min(complete, key=lambda trial: (sign * trial.values[0], trial_slots.slot_of(trial)))
    return Tuned(study, best, finished)


def _row(trial: FrozenTrial) -> dict[str, Any]:
    seconds = trial.duration.total_seconds() if trial.duration else None
    value = trial.values[0] if trial.values else None
    return {"number": trial_slots.slot_of(trial), "value": value, "seconds": seconds, **trial.params}


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
