"""What accuracy a training promises: how blends weighed on earlier windows did on each later one of the shop's past."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pandas import DataFrame
from scipy.special import expit

from models.arrays import Float64Array
from models.churn.metrics import STATISTICS
from models.intervals import Interval
from training.churn.chain import ChainWindow

LATEST = 4
"""Windows that are looked at: accuracy grows with the history, so old ones say less."""
PROMISED = ("roc_auc", "log_loss")
_NORMAL = 1.96


@dataclass(frozen=True)
class Promise:
    """The mean of a metric over the latest windows, and where the next window's value is expected (95%)."""

    metric: str
    expected: Interval
    windows: int


def promise(told: Sequence[tuple[ChainWindow, Float64Array]]) -> tuple[Promise, ...]:
    """Of each promised metric; nothing where no window has one before it."""
    frames = [_frame(window, margins) for window, margins in told[-LATEST:]]
    found = ((metric, _finite([float(STATISTICS[metric](frame)) for frame in frames])) for metric in PROMISED)
    return tuple(Promise(metric, _expected(values, frames), len(values)) for metric, values in found if values)


def _frame(window: ChainWindow, margins: Float64Array) -> DataFrame:
    return DataFrame({"probability": expit(margins), "churned": window.scored.churned})


def _finite(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _expected(values: Sequence[float], frames: Sequence[DataFrame]) -> Interval:
    """Spread between the windows, or what so few customers make of it by chance, whichever is wider."""
    mean = float(np.mean(values))
    between = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    fewer = min(min(frame["churned"].sum(), (1 - frame["churned"]).sum()) for frame in frames)
    by_chance = 0.5 / math.sqrt(max(float(fewer), 1.0)) / 2
    spread = max(between, by_chance) * math.sqrt(1 + 1 / len(values))
    return Interval(mean, mean - _NORMAL * spread, mean + _NORMAL * spread)


def promise_notes(promised: Sequence[Promise]) -> tuple[str, ...]:
    """In words, for the model card."""
    told = {each.metric: each for each in promised}
    if "roc_auc" not in told:
        return ("Promised: nothing, as no window of this shop's past has another before it.",)
    auc = told["roc_auc"]
    return (
        f"Promised: a ROC-AUC of about {auc.expected.value:.3f} on the coming window, between "
        f"{auc.expected.low:.3f} and {min(auc.expected.high, 1.0):.3f}, by {auc.windows} windows of this shop's past.",
    )
