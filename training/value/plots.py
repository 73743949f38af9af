"""The pictures of a value evaluation: what came beside what was expected, and who holds the value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

GROUPS = 10


def draw(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Every picture by its file name; `frames` are evaluations by name, the model's first."""
    return {"calibration.png": calibration(frames), "gains.png": gains(frames)}


def calibration(frames: Mapping[str, pd.DataFrame]) -> Figure:
    """Mean spend against mean expected spend, in tenths of customers by what was expected."""
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes: Axes = figure.subplots()
    for name, frame in frames.items():
        tenth = pd.qcut(frame["expected"].rank(method="first"), min(GROUPS, len(frame)), labels=False)
        means = frame.groupby(tenth)[["expected", "spent"]].mean()
        axes.plot(means["expected"], means["spent"], marker="o", label=name)
    axes.axline((0, 0), slope=1, color="grey", linewidth=1)
    axes.set(xlabel="mean expected spend", ylabel="mean spend", title="Calibration")
    axes.legend()
    return figure


def gains(frames: Mapping[str, pd.DataFrame]) -> Figure:
    """Share of all spend that the customers expected to spend most hold."""
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes: Axes = figure.subplots()
    for name, frame in frames.items():
        spent = np.maximum(frame.sort_values("expected", ascending=False)["spent"].to_numpy(), 0.0)
        axes.plot(np.linspace(0, 1, len(spent)), np.cumsum(spent) / max(spent.sum(), 1e-9), label=name)
    axes.set(xlabel="share of customers, the most expected first", ylabel="share of spend", title="Who spends")
    axes.legend()
    return figure
