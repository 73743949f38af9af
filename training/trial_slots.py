"""The law of a study: its trials have slots 0, 1, 2, ..., and a slot's parameters follow from the study alone.

A trial in slot n is proposed from the results of the slots 0 to n - `at_once`, and from a seed of its own: never from
who runs it, when, or how often it was begun. So one process and many find the same, and as many as `at_once` trials
can run beside each other. With `at_once` 1 each trial is proposed from all before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

SLOT: Final = "slot"
NO_VALUE: Final = "no_value"
"""Marks a trial that ran to its end, and whose parameters give no value: it is not tried again."""
FINISHED: Final = (TrialState.COMPLETE, TrialState.PRUNED)
LIVING: Final = (TrialState.WAITING, TrialState.RUNNING)
STARTUP: Final = 8
"""Trials drawn by chance, before there is something to learn from."""


@dataclass(frozen=True)
class StudyLaw:
    """What each slot is proposed from; `first` are the parameters of the first slots."""

    seed: int
    at_once: int
    first: Sequence[Mapping[str, Any]]

    @property
    def startup(self) -> int:
        """Slots that are proposed from nothing."""
        return max(STARTUP, len(self.first))

    def known_before(self, slot: int) -> int:
        """How many slots, from 0 on, have to be settled before this one is proposed."""
        return 0 if slot < self.startup else max(slot + 1 - self.at_once, 0)

    def ready(self, trials: Sequence[FrozenTrial], target: int) -> list[int]:
        """The slots below `target` that may begin now and that nobody has taken."""
        settled, taken = settled_slots(trials), {slot_of(trial) for trial in trials if trial.state in LIVING}
        known = prefix(settled)
        return [
            slot
            for slot in range(target)
            if slot not in settled and slot not in taken and self.known_before(slot) <= known
        ]

    def enqueue(self, study: optuna.Study, slot: int) -> None:
        """Let the next who asks the study for a trial get this slot."""
        study.enqueue_trial(dict(self.first[slot]) if slot < len(self.first) else {}, user_attrs={SLOT: slot})

    def sampler(self, slot: int) -> TPESampler:
        """Of one slot, at its beginning."""
        return TPESampler(seed=seed_of(self.seed, slot), n_startup_trials=self.startup, constant_liar=False)


class LawfulSampler(BaseSampler):  # type: ignore[misc]
    """Proposes by Optuna's TPE from the settled slots that the law lets a trial know."""

    def __init__(self, law: StudyLaw) -> None:
        self._law = law
        self._of: tuple[int, TPESampler, optuna.Study] | None = None

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The parameters that are proposed together."""
        sampler, known = self._at(study, trial)
        return dict(sampler.infer_relative_search_space(known, trial))

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The trial's parameters that are proposed together."""
        sampler, known = self._at(study, trial)
        return dict(sampler.sample_relative(known, trial, search_space))

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Another parameter."""
        sampler, known = self._at(study, trial)
        return sampler.sample_independent(known, trial, param_name, param_distribution)

    def _at(self, study: optuna.Study, trial: FrozenTrial) -> tuple[TPESampler, optuna.Study]:
        """The trial's own sampler, and what it may know."""
        if self._of is None or self._of[0] != trial.number:
            slot = slot_of(trial)
            self._of = (trial.number, self._law.sampler(slot), _known(study, self._law.known_before(slot)))
        return self._of[1], self._of[2]


def slot_of(trial: FrozenTrial) -> int:
    """-1 for a trial that has none."""
    return int(trial.user_attrs.get(SLOT, -1))


def settled_slots(trials: Sequence[FrozenTrial]) -> dict[int, FrozenTrial]:
    """The trial that counts of each slot that is done; of two that ran one slot, the earlier."""
    found: dict[int, FrozenTrial] = {}
    for trial in sorted(trials, key=lambda each: each.number, reverse=True):
        if slot_of(trial) >= 0 and (trial.state in FINISHED or (NO_VALUE in trial.user_attrs and not _lives(trial))):
            found[slot_of(trial)] = trial
    return found


def prefix(settled: Mapping[int, FrozenTrial]) -> int:
    """How many slots are settled, from 0 on without a gap."""
    return next(slot for slot in range(len(settled) + 1) if slot not in settled)


def is_superfluous(trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> bool:
    """Whether a trial has no slot, or another that began before it holds or has settled the same."""
    slot = slot_of(trial)
    settled = settled_slots(trials)
    earlier = (each for each in trials if each.number < trial.number and slot_of(each) == slot)
    return slot < 0 or slot in settled or any(_lives(each) for each in earlier)


def seed_of(seed: int, slot: int) -> int:
    """An independent seed for each (study's seed, slot)."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{slot}".encode()).digest()[:4], "big")


def _lives(trial: FrozenTrial) -> bool:
    return trial.state in LIVING


def _known(study: optuna.Study, slots: int) -> optuna.Study:
    """A study in memory of what is known of the first slots, in their order."""
    settled = settled_slots(study.get_trials(deepcopy=False))
    known = optuna.create_study(direction=study.direction)
    known.add_trials([settled[slot] for slot in range(slots) if settled[slot].state in FINISHED])
    return known
