"""What an uplift model is fitted on: who was offered what, with which chance, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.arrays import BoolArray, Float32Array, Float64Array, Int64Array

HELD_OUT = 0
"""The number of the arm that nobody was contacted in; offers are numbered from 1."""


@dataclass(frozen=True)
class Trial:
    """Contacts as arrays, a row each.

    `chances` has shape (rows, arms): how likely each arm was for the row, 0 where it could not be. `outcome` is what
    effects are learnt on, `spend` what a policy is judged by. `fold` splits customers, so that every row can be
    predicted by models that know nothing of its customer.
    """

    matrix: Float32Array
    arm: Int64Array
    chances: Float64Array
    outcome: Float64Array
    spend: Float64Array
    fold: Int64Array

    def __len__(self) -> int:
        return len(self.arm)

    @property
    def arms(self) -> int:
        """How many arms there are, the held out among them."""
        return int(self.chances.shape[1])

    def rows(self, chosen: BoolArray) -> Trial:
        """Some of the rows."""
        kept = (self.matrix, self.arm, self.chances, self.outcome, self.spend, self.fold)
        return Trial(*(each[chosen] for each in kept))  # type: ignore[arg-type]

    def with_outcome(self, outcome: Float64Array) -> Trial:
        """The same with another outcome."""
        return replace(self, outcome=outcome)


def doubly_robust(trial: Trial, expected: Float64Array, outcome: Float64Array) -> Float64Array:
    """The outcome of each row under each arm, shape (rows, arms), right on average if either the chances are right or
    the expectations are: mu_a + 1{T = a} (y - mu_a) / e_a (Robins, Rotnitzky & Zhao 1994).
    """
    taken = np.eye(trial.arms)[trial.arm]
    inverse = np.divide(taken, trial.chances, out=np.zeros_like(trial.chances), where=trial.chances > 0)
    return np.asarray(expected + inverse * (outcome[:, None] - expected))


def components(effects: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Effects of the offers, shape (rows, offers), as what they share and by how much each differs from it."""
    shared = effects.mean(axis=1)
    return shared, effects - shared[:, None]
