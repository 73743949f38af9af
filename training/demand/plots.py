"""Pictures of a demand evaluation: the forecast fan of the largest series, and what the quantiles cover."""

from __future__ import annotations

import matplotlib
import numpy as np
import xgboost as xgb
from matplotlib.figure import Figure

from models.arrays import Float64Array
from models.demand.forecast import LEVELS, NAMES, Forecast
from models.demand.series import Histories

matplotlib.use("Agg")
_BEHIND = 56
_MOST = 25


def fan(forecast: Forecast, sold: Float64Array, histories: Histories) -> Figure:
    """The largest series: what was sold before and in the window, the mean, and the quantiles as bands."""
    row = int(histories.revenue.argmax())
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    behind = min(_BEHIND // histories.days, histories.periods)
    past, ahead = np.arange(-behind, 0), np.arange(sold.shape[1])
    axes.plot(past, histories.units[row, -behind:], color="black", linewidth=1, label="sold")
    axes.plot(ahead, sold[row], color="black", linewidth=1)
    for low, high, shade in ((0, 4, 0.2), (1, 3, 0.35)):
        band = forecast.quantiles[row, :, low], forecast.quantiles[row, :, high]
        axes.fill_between(ahead, *band, alpha=shade, color="tab:blue", label=f"{NAMES[low]} to {NAMES[high]}")
    axes.plot(ahead, forecast.mean[row], color="tab:blue", label="mean")
    axes.set(title=histories.ids[row], xlabel=f"periods from {histories.origin}", ylabel="units")
    axes.legend(loc="upper left", fontsize="small")
    return figure


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
    gain = booster.get_score(importance_type="total_gain")
    values = {name: float(np.mean(gain.get(f"f{i}", 0.0))) for i, name in enumerate(names)}
    top = sorted(values, key=lambda name: values[name])[-_MOST:]
    total = sum(values.values()) or 1.0
    figure = Figure(figsize=(7, 0.25 * len(top) + 1), layout="constrained")
    axes = figure.subplots()
    axes.barh(top, [values[name] / total for name in top], color="tab:blue")
    axes.set(title="share of total gain, mean forecast")
    return figure
