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
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from models.arrays import BoolArray, Float32Array, Float64Array
from models.uplift.learners import ArmEffects, BoostedEffects, ColumnScale, EffectLearner, LinearEffects, with_arm
from models.uplift.trial import HELD_OUT, Trial, components, doubly_robust

RIDGE = 0.05
"""The penalty of the linear learner, as a share of the rows: standardised weights shrink by a twentieth or more."""
NEAR, FREE = 0.1, 10.0
"""How far the log-odds of an offer may be expected to change with one deviation of a feature, and how much more freely
all other weights move."""
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


def t_linear(trial: Trial, _expected: Float64Array, _fit: Fit) -> EffectLearner:
    """A regression of its own per arm: logistic where the outcome is a purchase, else ridge."""
    scale, worth = ColumnScale.fit(trial.matrix), _worth(trial.outcome)
    columns = scale.apply(trial.matrix)
    found = [
        _regress(columns[trial.arm == arm], trial.outcome[trial.arm == arm], worth, 1.0) for arm in range(trial.arms)
    ]
    return ArmEffects(scale, np.column_stack([w for w, _ in found]), np.array([b for _, b in found]), worth)


def s_linear(trial: Trial, _expected: Float64Array, _fit: Fit) -> EffectLearner:
    """One regression of the features, the arm and both together, the latter held near 0: effects differ by a little."""
    scale, worth = ColumnScale.fit(trial.matrix), _worth(trial.outcome)
    columns, width = scale.apply(trial.matrix), trial.matrix.shape[1]
    offers = np.eye(trial.arms)[trial.arm][:, 1:]
    together = [columns * offers[:, [each]] for each in range(trial.arms - 1)]
    x = np.column_stack([FREE * columns, FREE * offers, *together])
    weights, intercept = _regress(x, trial.outcome, worth, NEAR**2)
    common, of_offers = FREE * weights[:width], FREE * weights[width : width + trial.arms - 1]
    own = weights[width + trial.arms - 1 :].reshape(trial.arms - 1, width).T
    return ArmEffects(
        scale,
        np.column_stack([common, common[:, None] + own]),
        intercept + np.concatenate([[0.0], of_offers]),
        worth,
    )


def _worth(outcome: Float64Array) -> float | None:
    """What one purchase counts, where the outcome is nothing but whether there was one."""
    values = np.unique(outcome)
    return float(values[1]) if len(values) == 2 and values[0] == 0 and values[1] > 0 else None


def _regress(x: Float64Array, y: Float64Array, worth: float | None, variance: float) -> tuple[Float64Array, float]:
    """Weights and intercept; `variance` is how far a weight may be expected to be from 0, on the scale of log-odds."""
    if worth is None:
        mean, centre = x.mean(axis=0), y.mean()
        penalty = 1.0 / variance
        weights = np.linalg.solve((x - mean).T @ (x - mean) + penalty * np.eye(x.shape[1]), (x - mean).T @ (y - centre))
        return np.asarray(weights), float(centre - mean @ weights)
    bought = (y > 0).astype(int)
    if bought.min() == bought.max():
        return np.zeros(x.shape[1]), float(logit(np.clip(bought.mean(), 1e-6, 1 - 1e-6)))
    fitted = LogisticRegression(C=variance, max_iter=300).fit(x, bought)
    return np.asarray(fitted.coef_[0]), float(fitted.intercept_[0])


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
    "t_linear": t_linear,
    "s_linear": s_linear,
}


def _scores(trial: Trial, expected: Float64Array) -> tuple[Float64Array, BoolArray]:
    """The doubly robust effect of each offer, and for which rows it was possible at all."""
    values = doubly_robust(trial, expected, trial.outcome)
    possible = (trial.chances[:, 1:] > 0) & (trial.chances[:, [HELD_OUT]] > 0)
    return values[:, 1:] - values[:, [HELD_OUT]], possible
