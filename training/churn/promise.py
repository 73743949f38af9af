"""What accuracy a training promises: how blends weighed on earlier windows did on each later one of the shop's past."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from pandas import DataFrame
from scipy.special import expit

from models.arrays import Float64Array
from models.churn.metrics import STATISTICS
from models.intervals import Interval
from training.churn.chain import ChainWindow, Foretold
from training.churn.level_forecast import ACCURACY, expected_level

PROMISED = ("roc_auc", "log_loss")
_NORMAL = 1.96
_LEAST_VARIANCE = 1e-6


def promise(told: Sequence[Foretold]) -> Mapping[str, Interval]:
    """Of each metric where the next window's value is expected (95%); nothing where no window has one before it.

    Accuracy can grow with the history, so its level is forecast, not averaged.
    """
    frames = [_frame(window, margins) for window, margins in told if 0 < window.rate < 1]
    return {metric: _expected(metric, frames) for metric in PROMISED} if frames else {}


def notes(promised: Mapping[str, Interval], windows: int) -> tuple[str, ...]:
    """In words, for the model card."""
    if "roc_auc" not in promised:
        return ("Promised: nothing, as no window of this shop's past has another before it.",)
    auc = promised["roc_auc"]
    return (
        f"Promised: a ROC-AUC of about {auc.value:.3f} on the coming window, between {auc.low:.3f} and "
        f"{auc.high:.3f}, by {windows} windows of this shop's past.",
    )


def _frame(window: ChainWindow, margins: Float64Array) -> DataFrame:
    return DataFrame({"probability": expit(margins), "churned": window.scored.churned})


def _expected(metric: str, frames: Sequence[DataFrame]) -> Interval:
    seen = [float(STATISTICS[metric](frame)) for frame in frames]
    variances = [_variance(metric, value, frame) for value, frame in zip(seen, frames, strict=True)]
    level = expected_level(seen, variances, ACCURACY)
    spread = _NORMAL * math.hypot(level.deviation, math.sqrt(variances[-1]))
    most = 1.0 if metric == "roc_auc" else math.inf
    return Interval(level.value, max(level.value - spread, 0.0), min(level.value + spread, most))


def _variance(metric: str, value: float, frame: DataFrame) -> float:
    """What so few customers make of the metric by chance."""
    left = float(frame["churned"].sum())
    chance = _of_auc(value, left, len(frame) - left) if metric == "roc_auc" else _of_mean_loss(frame)
    return max(chance, _LEAST_VARIANCE)


def _of_auc(auc: float, left: float, stayed: float) -> float:
    """Hanley & McNeil (1982), The meaning and use of the area under a ROC curve, equation 2."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    return (auc * (1 - auc) + (left - 1) * (q1 - auc**2) + (stayed - 1) * (q2 - auc**2)) / (left * stayed)


def _of_mean_loss(frame: DataFrame) -> float:
    p = frame["probability"].clip(1e-6, 1 - 1e-6)
    losses = -np.log(np.where(frame["churned"] == 1, p, 1 - p))
    return float(losses.var() / len(losses))
