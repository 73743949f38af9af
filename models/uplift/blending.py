"""How far effects may differ between customers: as far as rows that a learner has not seen bear it out.

The effect of an offer is its mean, plus what the candidates say of differences, each component (what the offers share,
how each differs from it) times weights that are fitted to the scores of rows the candidates did not see: R-stacking
(Nie & Wager 2021, section 4) on doubly robust scores, from shares that are expected. The sum is shrunk by the evidence
for it, to 0 where there is none: then everybody has the mean effect, and the best policy is the best single offer for
all, or nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import nnls

from models.arrays import BoolArray, Float64Array
from models.uplift.trial import components

EXPECTED: Mapping[str, float] = {"s_linear": 0.7, "dr_linear": 0.1, "dr_boosted": 0.1, "r_boosted": 0.1}
"""What each candidate's share is expected to be, chosen on invented trials: the learner that says least about how
effects differ is the one to start from. Others are fitted to be compared with, and get a share by evidence alone."""
FREEDOM = 0.3
"""How far a share may be expected to be from that."""


@dataclass(frozen=True)
class Blend:
    """Weights by candidate of what offers share and of what is their own; `t` is the evidence for each."""

    names: tuple[str, ...]
    shared: Float64Array
    own: Float64Array
    evidence: tuple[float, float] = (0.0, 0.0)

    def effects(self, means: Float64Array, told: Mapping[str, Float64Array]) -> Float64Array:
        """Effects, shape (rows, offers), from the candidates' differences to their own means over the trial."""
        total = np.zeros_like(next(iter(told.values()))) if told else np.zeros((0, len(means)))
        for number, name in enumerate(self.names):
            if name in told:
                shared, own = components(told[name])
                total += self.shared[number] * shared[:, None] + self.own[number] * own
        return total + means

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "names": list(self.names),
            "shared": self.shared.tolist(),
            "own": self.own.tolist(),
            "evidence": list(self.evidence),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Blend:
        """The inverse of `as_dict`."""
        shared, own = (np.array(content[name], dtype=float) for name in ("shared", "own"))
        first, second = content["evidence"]
        return cls(tuple(content["names"]), shared, own, (float(first), float(second)))

    @classmethod
    def alone(cls, name: str) -> Blend:
        """One candidate as it is."""
        return cls((name,), np.ones(1), np.ones(1))


def blend(scores: Float64Array, told: Mapping[str, Float64Array], rows: BoolArray) -> Blend:
    """Weights fitted on the rows: `scores` and what each candidate told, shape (rows, offers)."""
    names = tuple(told)
    shared_scores, own_scores = components(scores[rows])
    parts = [components(told[name][rows]) for name in names]
    shared, t_shared = _weights(names, shared_scores, [part[0] for part in parts])
    own, t_own = np.zeros(len(names)), 0.0
    if scores.shape[1] > 1:
        own, t_own = _weights(names, own_scores, [part[1] for part in parts])
    return Blend(names, shared, own, (t_shared, t_own))


def _weights(names: Sequence[str], target: Float64Array, told: Sequence[Float64Array]) -> tuple[Float64Array, float]:
    """Non-negative weights near what is expected of each candidate, as far as the scores do not say otherwise.

    The fitted sum is then kept by 1 - 3 / t^2, with t the evidence that scores follow it at all.
    """
    y = target - target.mean(axis=0)
    x = np.column_stack([(each - each.mean(axis=0)).ravel() for each in told])
    noise = float((y**2).mean())
    if noise == 0 or not np.abs(x).any():
        return np.zeros(len(told)), 0.0
    prior = np.array([EXPECTED.get(name, 0.0) for name in names])
    precision = x.T @ x / noise + np.eye(len(names)) / FREEDOM**2
    root = np.linalg.cholesky(precision)
    found, _ = nnls(root.T, np.linalg.solve(root, x.T @ y.ravel() / noise + prior / FREEDOM**2), maxiter=1000)
    fitted = x @ found
    strength = float(fitted @ fitted)
    if strength == 0:
        return np.zeros(len(told)), 0.0
    slope = float(fitted @ y.ravel()) / strength
    residual = y.ravel() - slope * fitted
    # Rows of one customer and several offers are summed first: their errors go together.
    by_row = (fitted * residual).reshape(len(y), -1).sum(axis=1)
    t = slope * strength / max(float(np.sqrt((by_row**2).sum())), 1e-300)
    kept = max(0.0, 1.0 - 3.0 / t**2) if t > 0 else 0.0
    return np.asarray(found * kept), t
