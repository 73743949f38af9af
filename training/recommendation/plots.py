"""The pictures of a training run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from models.intervals import Interval
from models.recommendation.inputs import NAMES
from models.recommendation.rankers import TwoStage

_SHOWN = 20


def against_baselines(metrics: Mapping[str, Interval], baselines: Mapping[str, Mapping[str, Interval]]) -> Figure:
    """NDCG@10 with its interval, of the model and of each baseline, for both modes."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    names = ["two_stage", *baselines]
    for axis, statistic in zip(figure.subplots(1, 2), ("ndcg@10", "ndcg@10_new"), strict=True):
        found = [metrics[statistic], *(each[statistic] for each in baselines.values())]
        values = np.array([each.value for each in found])
        spread = np.array([[each.value - each.low, each.high - each.value] for each in found]).T
        axis.barh(names[::-1], values[::-1], xerr=spread[:, ::-1], color="#4c78a8", ecolor="#333333", capsize=3)
        axis.set_title(statistic)
    return figure


def importance(ranker: TwoStage) -> Figure:
    """The features with the largest share of the gain, for each mode."""
    figure = Figure(figsize=(11, 5.5), layout="constrained")
    axes = figure.subplots(1, len(ranker.modes))
    for axis, (mode, boosters) in zip(axes, ranker.modes.items(), strict=True):
        booster = boosters.probability or boosters.order
        gains = booster.get_score(importance_type="total_gain") if booster else {}
        shares = sorted(((float(gain), NAMES[int(name[1:])]) for name, gain in gains.items()), reverse=True)[:_SHOWN]
        total = sum(float(gain) for gain in gains.values()) or 1.0
        axis.barh([name for _, name in shares][::-1], [gain / total for gain, _ in shares][::-1], color="#72b7b2")
        axis.set_title(f"share of gain, mode {mode}")
    return figure
