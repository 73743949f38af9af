"""Pictures of a demand model: the forecast fans of the largest and the worst series, coverage, importance, parts."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
import xgboost as xgb
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models import booster_gains
from models.arrays import Float64Array
from models.demand.forecast import LEVELS, NAMES, Forecast
from models.demand.series import Histories

matplotlib.use("Agg")
_BEHIND = 56
_MOST = 25
_VISIBLE = 0.002


def fan(forecast: Forecast, sold: Float64Array, histories: Histories) -> Figure:
    """The largest series: what was sold before and in the window, the mean, and the quantiles as bands."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    _draw(axes, int(histories.revenue.argmax()), forecast, sold, histories)
    axes.legend(loc="upper left", fontsize="small")
    return figure


def worst_fans(
    rows: Sequence[int], forecast: Forecast, sold: Float64Array, histories: Histories, most: int = 6
) -> Figure:
    """The same of each of some series: those that were most wrong."""
    shown = list(rows[:most])
    figure = Figure(figsize=(11, 2.6 * max(-(-len(shown) // 2), 1)), layout="constrained")
    for place, row in enumerate(shown):
        _draw(figure.add_subplot(-(-len(shown) // 2), 2, place + 1), row, forecast, sold, histories)
    return figure


def parts_of(parts: Float64Array, names: Sequence[str], mean: Float64Array, title: str) -> Figure:
    """A forecast as its parts (H, parts), stacked up and down from zero in units, with the mean they add up to."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    steps = np.arange(len(mean))
    up, down = np.zeros(len(mean)), np.zeros(len(mean))
    for place, name in enumerate(names):
        if np.abs(parts[:, place]).max() < _VISIBLE * max(float(np.abs(mean).max()), 1e-9):
            continue
        bottom = np.where(parts[:, place] >= 0, up, down)
        axes.bar(steps, parts[:, place], bottom=bottom, label=name, width=0.8, color=f"C{place}")
        up, down = up + np.maximum(parts[:, place], 0), down + np.minimum(parts[:, place], 0)
    axes.plot(steps, mean, color="black", linewidth=1, marker=".", label="mean")
    axes.axhline(0, color="grey", linewidth=0.5)
    axes.set(title=title, xlabel="periods ahead", ylabel="units")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), fontsize="small", ncols=6)
    return figure


def _draw(axes: Axes, row: int, forecast: Forecast, sold: Float64Array, histories: Histories) -> None:
    behind = min(_BEHIND // histories.days, histories.periods)
    past, ahead = np.arange(-behind, 0), np.arange(sold.shape[1])
    axes.plot(past, histories.units[row, -behind:], color="black", linewidth=1, label="sold")
    axes.plot(ahead, sold[row], color="black", linewidth=1)
    for low, high, shade in ((0, 4, 0.2), (1, 3, 0.35)):
        band = forecast.quantiles[row, :, low], forecast.quantiles[row, :, high]
        axes.fill_between(ahead, *band, alpha=shade, color="tab:blue", label=f"{NAMES[low]} to {NAMES[high]}")
    axes.plot(ahead, forecast.mean[row], color="tab:blue", label="mean")
    axes.set(title=histories.ids[row], xlabel=f"periods from {histories.origin}", ylabel="units")


def coverage(forecast: Forecast, sold: Float64Array) -> Figure:
    """Per quantile: how often sales lay at or below it."""
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.subplots()
    told = np.isfinite(sold)
    below = (sold[told, None] <= forecast.quantiles[told]).mean(0)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot(LEVELS, below, marker="o", color="tab:blue")
    axes.set(
        title="coverage by quantile", xlabel="quantile", ylabel="share of sales at or below", xlim=(0, 1), ylim=(0, 1)
    )
    return figure


def importance(booster: xgb.Booster, names: tuple[str, ...]) -> Figure:
    """The inputs that the mean booster gains most from."""
    values = booster_gains.shares([booster], names)
    top = list(values)[:_MOST][::-1]
    figure = Figure(figsize=(7, 0.25 * len(top) + 1), layout="constrained")
    axes = figure.subplots()
    axes.barh(top, [values[name] for name in top], color="tab:blue")
    axes.set(title="share of total gain, mean forecast")
    return figure
