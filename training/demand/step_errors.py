"""How far forecasts were off by how many periods ahead they looked, the model's beside a baseline's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.arrays import Float64Array
from models.demand.forecast import Forecast

PICTURE, TABLE = "error_by_step.png", "error_by_step.csv"


def by_step(forecasts: Mapping[str, Forecast], sold: Float64Array) -> pd.DataFrame:
    """A row per period ahead: units sold of all series, and by how many each forecast was off, series by series.

    Args:
        forecasts: by name, of the same series in the same order.
        sold: (S, H), what was sold; periods that are nan count for nothing.
    """
    told = np.isfinite(sold)
    off = {name: np.where(told, np.abs(each.mean - sold), 0.0).sum(0) for name, each in forecasts.items()}
    steps = np.arange(1, sold.shape[1] + 1)
    return pd.DataFrame({"step": steps, "sold": np.where(told, sold, 0.0).sum(0), **off})


def draw(errors: pd.DataFrame) -> Figure:
    """The errors in shares of the units sold over the whole window, so that quiet days are not blown up."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes: Axes = figure.subplots()
    usual = max(float(errors["sold"].mean()), 1e-9)
    for name in errors.columns[2:]:
        axes.plot(errors["step"], errors[name] / usual, marker=".", label=str(name))
    axes.set(xlabel="periods ahead", ylabel="units off over the usual units sold", ylim=(0, None))
    axes.set_title("How far forecasts were off, by how far ahead they looked")
    axes.legend()
    return figure
