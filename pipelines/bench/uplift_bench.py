"""`regulars bench uplift`: what policies earn on invented trials whose truth is known, ours beside the usual ones.

The usual ones are two models of scikit-learn per trial (one for each arm, boosted or linear), and the offer that is
best on average for everybody. Ours is fitted as `regulars train uplift` does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.progress import current
from models.arrays import Float64Array, Int64Array
from models.intervals import Interval
from models.uplift.candidates import Fit
from models.uplift.dataset import FOLDS
from models.uplift.fitting import learn
from models.uplift.model import choose
from models.uplift.trial import Trial
from pipelines.bench.invented_trial import OFFERS, SHAPES, InventedTrial, TrialShape, invent

OURS, SINGLE, ORACLE = "regulars", "best single offer", "the truth itself"
Policy = Callable[[InventedTrial, int], Int64Array]


@dataclass(frozen=True)
class PolicyResult:
    """What a policy earned per customer on trials of one shape, and ours less it, paired by trial."""

    shape: str
    policy: str
    earned: float
    ahead: Interval
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """For JSON, which has no number for the bounds that a single trial doesn't tell."""
        ahead = {name: value if math.isfinite(value) else None for name, value in self.ahead.as_dict().items()}
        return {**vars(self), "ahead": ahead}


def compare(trials: int, seed: int, threads: int, shapes: Sequence[TrialShape] = SHAPES) -> list[PolicyResult]:
    """Every policy on so many trials of each shape."""
    return [result for shape in shapes for result in _of_shape(shape, trials, seed, threads)]


def standing(found: Sequence[PolicyResult], trials: int) -> str:
    """How often ours is wholly behind another policy, in words; the truth itself is nobody's rival."""
    if trials < 2:
        return "one trial of each shape tells no interval; ask for two or more"
    rivals = [each for each in found if each.policy not in {OURS, ORACLE}]
    behind = sum(each.ahead.high < 0 for each in rivals)
    return f"wholly behind {behind} of {len(rivals)}, on {trials} trials of each shape"


def _of_shape(shape: TrialShape, trials: int, seed: int, threads: int) -> list[PolicyResult]:
    policies: Mapping[str, Policy] = {
        OURS: lambda trial, number: ours(trial, Fit(number, threads)),
        "two models, boosted": two_boosted,
        "two models, logistic": two_logistic,
        SINGLE: lambda trial, _: single(trial),
        ORACLE: lambda trial, _: trial.truth.argmax(axis=1).astype("int64"),
    }
    earned: dict[str, list[float]] = {name: [] for name in policies}
    seconds = dict.fromkeys(policies, 0.0)
    for number in current().track(range(seed, seed + trials), f"trials: {shape.name}", total=trials):
        trial = invent(shape, number)
        for name, policy in policies.items():
            started = time.monotonic()
            earned[name].append(float(trial.earned(policy(trial, number)).mean()))
            seconds[name] += (time.monotonic() - started) / trials
    first = np.array(earned[OURS])
    return [
        PolicyResult(shape.name, name, float(np.mean(each)), _mean(first - np.array(each)), seconds[name])
        for name, each in earned.items()
    ]


def ours(trial: InventedTrial, fit: Fit) -> Int64Array:
    """The policy of the blend that would serve, asked about the same customers, as the others are."""
    n, arms = len(trial.arm), OFFERS + 1
    fold = np.random.default_rng(fit.seed).integers(0, FOLDS, n)
    worth = trial.spend.sum() / max(trial.bought.sum(), 1.0)
    chances = np.full((n, arms), 1 / arms)
    learnt = learn(Trial(trial.matrix, trial.arm, chances, trial.bought * worth, trial.spend, fold), fit)
    return choose(learnt.whole(fit).effects(trial.matrix) - trial.costs)


def two_boosted(trial: InventedTrial, number: int) -> Int64Array:
    """A boosted regression of spend per arm, with the defaults of scikit-learn; asked about the same customers."""
    told = [
        HistGradientBoostingRegressor(random_state=number)
        .fit(trial.matrix[trial.arm == arm], trial.spend[trial.arm == arm])
        .predict(trial.matrix)
        for arm in range(OFFERS + 1)
    ]
    return _differences(told, trial.costs)


def two_logistic(trial: InventedTrial, _number: int) -> Int64Array:
    """A logistic regression of purchase per arm, at the mean worth of a purchase."""
    worth = trial.spend.sum() / max(trial.bought.sum(), 1.0)
    told = [
        worth
        * make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
        .fit(trial.matrix[trial.arm == arm], trial.bought[trial.arm == arm])
        .predict_proba(trial.matrix)[:, 1]
        for arm in range(OFFERS + 1)
    ]
    return _differences(told, trial.costs)


def single(trial: InventedTrial) -> Int64Array:
    """The arm whose customers spent most beyond its cost, for everybody."""
    costs = np.concatenate([[0.0], trial.costs])
    means = [trial.spend[trial.arm == arm].mean() - costs[arm] for arm in range(OFFERS + 1)]
    return np.full(len(trial.arm), int(np.argmax(means)), dtype="int64")


def _differences(told: Sequence[Float64Array], costs: Float64Array) -> Int64Array:
    return choose(np.column_stack([each - told[0] for each in told[1:]]) - costs)


def _mean(differences: Float64Array) -> Interval:
    """The mean over trials with its 95% interval by Student's t."""
    from scipy.stats import t

    value = float(differences.mean())
    if len(differences) < 2:
        return Interval(value, float("nan"), float("nan"))
    half = float(t.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / np.sqrt(len(differences)))
    return Interval(value, value - half, value + half)
