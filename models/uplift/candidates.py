"""The learners of effects that a training chooses among, each fitted on a trial.

DR: a regression on doubly robust scores (Kennedy 2020). R: residuals on residuals, which minimises the R-loss (Nie &
Wager 2021). T and S: two models, and one that knows the arm (Kuenzel et al. 2019): what people would do first.
All are squared-error regressions on purpose: effects are differences of means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import xgboost as xgb

from models.arrays import BoolArray, Float32Array, Float64Array
from models.uplift.learners import BoostedEffects, ColumnScale, EffectLearner, LinearEffects, with_arm
from models.uplift.trial import HELD_OUT, Trial, components, doubly_robust

RIDGE = 0.05
"""The penalty of the linear learner, as a share of the rows: standardised weights shrink by a twentieth or more."""
ROUNDS = 80
SLOW: Mapping[str, object] = {
    "max_depth": 2,
    "eta": 0.05,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "lambda": 10.0,
    "tree_method": "hist",
    "max_bin": 64,
}
"""Small trees, slowly: the noise of a score is ten times an effect and more."""


@dataclass(frozen=True)
class Fit:
    """How boosters are fitted."""

    seed: int
    threads: int

    def boost(self, matrix: Float32Array, target: Float64Array, weight: Float64Array | None = None) -> xgb.Booster:
        """One booster of squared error; a leaf holds a hundredth of all weight."""
        total = float(len(target) if weight is None else weight.sum())
        rows = xgb.DMatrix(matrix, target, weight=weight, nthread=self.threads)
        base = float(np.average(target, weights=weight)) if total > 0 else 0.0
        given = {
            **SLOW,
            "base_score": base,
            "min_child_weight": total / 100,
            "seed": self.seed,
            "nthread": self.threads,
        }
        return xgb.train(given, rows, ROUNDS)


Candidate = Callable[[Trial, Float64Array, Fit], EffectLearner]
"""Fits a learner on a trial, given the expected outcome of each row under each arm."""


def expectations(trial: Trial, fit: Fit) -> BoostedEffects:
    """What each arm's rows bring, by features: the T-learner, and the nuisance of the others."""
    boosters = []
    for arm in range(trial.arms):
        there = trial.arm == arm
        boosters.append(fit.boost(trial.matrix[there], trial.outcome[there]))
    mixing = np.vstack([-np.ones(trial.arms - 1), np.eye(trial.arms - 1)])
    return BoostedEffects(tuple(boosters), mixing)


def t_learner(trial: Trial, _expected: Float64Array, fit: Fit) -> EffectLearner:
    """The difference of two models."""
    return expectations(trial, fit)


def s_learner(trial: Trial, _expected: Float64Array, fit: Fit) -> EffectLearner:
    """One model that knows the arm."""
    booster = fit.boost(with_arm(trial.matrix, trial.arm), trial.outcome)
    mixing = np.vstack([-np.ones(trial.arms - 1), np.eye(trial.arms - 1)])
    return BoostedEffects((booster,), mixing, told_arm=True)


def dr_linear(trial: Trial, expected: Float64Array, _fit: Fit) -> EffectLearner:
    """Ridge regression of the scores of all offers at once."""
    scale = ColumnScale.fit(trial.matrix)
    columns = scale.apply(trial.matrix)
    effects, possible = _scores(trial, expected)
    weights, intercepts = np.zeros((columns.shape[1], effects.shape[1])), np.zeros(effects.shape[1])
    for offer, there in enumerate(possible.T):
        x, y = columns[there], effects[there, offer]
        centred = x - x.mean(axis=0)
        penalty = RIDGE * len(x) * np.eye(x.shape[1])
        weights[:, offer] = np.linalg.solve(centred.T @ centred + penalty, centred.T @ (y - y.mean()))
        intercepts[offer] = y.mean() - x.mean(axis=0) @ weights[:, offer]
    return LinearEffects(scale, weights, intercepts)


def dr_boosted(trial: Trial, expected: Float64Array, fit: Fit) -> EffectLearner:
    """Boosters of what the offers share, and of how each differs from it."""
    effects, possible = _scores(trial, expected)
    offers = effects.shape[1]
    if offers == 1 or not possible.all():
        rows = [possible[:, offer] for offer in range(offers)]
        boosters = [fit.boost(trial.matrix[there], effects[there, n]) for n, there in enumerate(rows)]
        return BoostedEffects(tuple(boosters), np.eye(offers))
    shared, own = components(effects)
    targets = [shared, *own.T]
    boosters = [fit.boost(trial.matrix, target) for target in targets]
    return BoostedEffects(tuple(boosters), np.vstack([np.ones(offers), np.eye(offers)]))


def r_boosted(trial: Trial, expected: Float64Array, fit: Fit) -> EffectLearner:
    """Of each offer, among those who got it or nothing: (y - m(x)) / (t - e(x)), weighted by (t - e(x))^2."""
    boosters = []
    for offer in range(1, trial.arms):
        there = np.isin(trial.arm, (HELD_OUT, offer)) & (trial.chances[:, offer] > 0) & (trial.chances[:, HELD_OUT] > 0)
        pair = trial.chances[there][:, [HELD_OUT, offer]]
        chance = pair[:, 1] / pair.sum(axis=1)
        surprise = (trial.arm[there] == offer) - chance
        mean = (1 - chance) * expected[there, HELD_OUT] + chance * expected[there, offer]
        boosters.append(fit.boost(trial.matrix[there], (trial.outcome[there] - mean) / surprise, surprise**2))
    return BoostedEffects(tuple(boosters), np.eye(trial.arms - 1))


CANDIDATES: Mapping[str, Candidate] = {
    "dr_linear": dr_linear,
    "dr_boosted": dr_boosted,
    "r_boosted": r_boosted,
    "t_learner": t_learner,
    "s_learner": s_learner,
}


def _scores(trial: Trial, expected: Float64Array) -> tuple[Float64Array, BoolArray]:
    """The doubly robust effect of each offer, and for which rows it was possible at all."""
    values = doubly_robust(trial, expected, trial.outcome)
    possible = (trial.chances[:, 1:] > 0) & (trial.chances[:, [HELD_OUT]] > 0)
    return values[:, 1:] - values[:, [HELD_OUT]], possible
