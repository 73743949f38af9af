"""The picture of an uplift evaluation: what is gained by contacting the first, the next, and all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def draw(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Every picture by its file name; `frames` are evaluations by name."""
    return {"policies.png": policies(frames)}


def policies(frames: Mapping[str, pd.DataFrame]) -> Figure:
    """What each policy gains over contacting nobody, with its 95% interval."""
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes: Axes = figure.subplots()
    names = list(frames)
    gains = [frames[name]["gain_over_nobody"].to_numpy() for name in names]
    means = [float(each.mean()) for each in gains]
    errors = [1.96 * float(each.std()) / np.sqrt(max(len(each), 1)) for each in gains]
    axes.errorbar(means, range(len(names)), xerr=errors, fmt="o", capsize=4)
    axes.axvline(0, color="grey", linewidth=1)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="gain over contacting nobody, per customer", title="Policies")
    return figure
