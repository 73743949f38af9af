"""How right the chances of launches are: learnt on earlier launches, judged on later ones that are over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.arrays import BoolArray, Float64Array
from models.churn.metrics import calibration_error, log_loss, roc_auc
from models.demand.launches.launch_model import LEAST, Launched, LaunchTerms, learn
from models.intervals import Interval, Resampled, bootstrap_all

TENTHS = 10


@dataclass(frozen=True)
class _Of(Resampled):
    """A metric of the probabilities in a column."""

    compute: Callable[[Float64Array, Float64Array, Float64Array], Float64Array]
    column: str
    biased: bool = False

    def resampled(self, frame: pd.DataFrame, weights: Float64Array) -> Float64Array:
        """Its values for each row of weights, shape (B,)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            chance, success = (frame[name].to_numpy(dtype=float) for name in (self.column, "success"))
            return self.compute(chance, success, weights)


@dataclass(frozen=True)
class _Apart(Resampled):
    """Log loss of the chances less that of the base rate."""

    def resampled(self, frame: pd.DataFrame, weights: Float64Array) -> Float64Array:
        """Its values for each row of weights, shape (B,)."""
        chance, base, success = (frame[name].to_numpy(dtype=float) for name in ("chance", "base", "success"))
        return np.asarray(log_loss(chance, success, weights) - log_loss(base, success, weights))


@dataclass(frozen=True)
class StopTrial:
    """What the stop-loss rule would have done with the judged launches at `stop_days`.

    open: those that had not reached their goal; stopped: by the rule; wrongly: of these, those that reached it;
    failures: judged launches that did not reach it
    """

    judged: int
    open: int
    stopped: int
    wrongly: int
    failures: int


@dataclass(frozen=True)
class LaunchEvaluation:
    """Of `judged` launches from day `cut` on, by what `learnt` earlier ones told: metrics, and a table per tenth of the
    scale with the mean chance and the share that reached the goal."""

    learnt: int
    judged: int
    cut: int
    base: float
    came: float
    metrics: dict[str, Interval]
    reliability: pd.DataFrame
    stop: StopTrial | None


def launch_evaluation(
    launched: Launched, known: int, terms: LaunchTerms, stop_below: float, seed: int
) -> LaunchEvaluation | None:
    """Judged as of the day `known`; None where too few launches are over to learn and to judge.

    The day that parts the two is the one that leaves most on the smaller side; nothing is learnt from launches whose
    days were not over on it.
    """
    cut, learnt, judged = _cut(launched, known, terms)
    if min(learnt, judged) < LEAST:
        return None
    model = learn(launched, cut, terms)
    days = launched.launches.days
    later = launched.select((days >= cut) & (days + terms.days <= known))
    goal = model.goals.goal(model.goals.expected(later.launches.items)[0])
    success = (later.launches.sold() >= goal).astype(float)
    chance = model.at_launch(later.known, goal)
    frame = pd.DataFrame({"chance": chance, "base": model.base, "success": success})
    apart = 0 < success.sum() < len(success)
    statistics = {"log_loss": _Of(log_loss, "chance"), "base_rate_log_loss": _Of(log_loss, "base"),
                  "log_loss_less": _Apart(), "ece": _Of(calibration_error, "chance", biased=True),
                  "base_rate_ece": _Of(calibration_error, "base", biased=True)}  # fmt: skip
    if apart:
        statistics = {"roc_auc": _Of(roc_auc, "chance"), **statistics}
    metrics = bootstrap_all(frame, statistics, seed=seed)
    told = model.after(later.launches.course, terms.stop_days, goal, chance)
    sold = later.launches.sold(terms.stop_days)
    stop = _stop_trial(told < stop_below, sold < goal, success) if model.later else None
    return LaunchEvaluation(
        learnt, judged, cut, model.base, float(success.mean()), metrics, _reliability(frame), stop
    )  # fmt: skip


def _cut(launched: Launched, known: int, terms: LaunchTerms) -> tuple[int, int, int]:
    """The day, and how many launches lie on its two sides."""
    days = np.sort(launched.launches.days)
    end = np.searchsorted(days, known - terms.days, side="right")
    cuts = np.arange(known + 1)
    learnt = np.searchsorted(days, cuts - terms.days, side="right")
    judged = np.maximum(end - np.searchsorted(days, cuts, side="left"), 0)
    best = int(np.argmax(np.minimum(learnt, judged)))
    return int(cuts[best]), int(learnt[best]), int(judged[best])


def _stop_trial(stopped: BoolArray, still_open: BoolArray, success: Float64Array) -> StopTrial:
    wrongly = int(success[stopped].sum())
    return StopTrial(len(success), int(still_open.sum()), int(stopped.sum()), wrongly, int((success == 0).sum()))


def _reliability(frame: pd.DataFrame) -> pd.DataFrame:
    tenth = np.minimum((frame["chance"] * TENTHS).astype(int), TENTHS - 1)
    table = frame.groupby(tenth).agg(launches=("success", "size"), chance=("chance", "mean"), came=("success", "mean"))
    return table.rename_axis("tenth").reset_index()
