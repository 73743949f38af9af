"""The pictures of a churn evaluation: reliability, ROC and precision-recall, what the model looks at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BINS = 10
MOST_FEATURES = 25


def draw(frames: Mapping[str, pd.DataFrame], importance: Mapping[str, float]) -> dict[str, Figure]:
    """Every picture by its file name; `frames` are evaluations by name, the model's first."""
    return {
        "reliability.png": reliability(frames),
        "roc_pr.png": curves(frames),
        "features.png": features(importance),
    }


def reliability(frames: Mapping[str, pd.DataFrame]) -> Figure:
    """Share that left against mean probability, in tenths of customers by probability."""
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes: Axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for name, frame in frames.items():
        tenth = pd.qcut(frame["probability"].rank(method="first"), min(BINS, len(frame)), labels=False)
        means = frame.groupby(tenth)[["probability", "churned"]].mean()
        axes.plot(means["probability"], means["churned"], marker="o", label=name)
    axes.set(xlabel="mean probability", ylabel="share that left", title="Reliability")
    axes.legend()
    return figure


def curves(frames: Mapping[str, pd.DataFrame]) -> Figure:
    """ROC, and precision against recall."""
    figure = Figure(figsize=(10, 5), layout="constrained")
    roc, pr = figure.subplots(1, 2)
    for name, frame in frames.items():
        churned = frame.sort_values("probability", ascending=False)["churned"].to_numpy()
        hits, misses = np.cumsum(churned), np.cumsum(1 - churned)
        recall = hits / max(hits[-1], 1)
        roc.plot(misses / max(misses[-1], 1), recall, label=name)
        pr.plot(recall, hits / np.arange(1, len(hits) + 1), label=name)
    roc.set(xlabel="share of those who stayed", ylabel="share of those who left", title="ROC")
    pr.set(xlabel="recall", ylabel="precision", title="Precision and recall", ylim=(0, 1.02))
    roc.legend()
    return figure


def features(importance: Mapping[str, float]) -> Figure:
    """The features with the largest shares of gain, the largest on top."""
    first = list(importance.items())[:MOST_FEATURES][::-1]
    figure = Figure(figsize=(7, 7), layout="constrained")
    axes: Axes = figure.subplots()
    axes.barh([name for name, _ in first], [share for _, share in first])
    axes.set(xlabel="share of total gain", title="What the trees of the model look at")
    return figure
