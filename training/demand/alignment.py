"""How far forecasts are drawn to the course of the shop's total, chosen on the windows before the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.workspace import Workspace
from models.demand.day_totals import STRENGTH
from models.demand.recipe import Recipe
from training.demand.folds import Fold, Rolling
from training.demand.mean_windows import MeanWindow, mean_window

GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
FIRMNESS = 2.0
"""The usual strength counts as much as two windows do: the best of two windows alone is mostly luck."""


def choose(workspace: Workspace, rolling: Rolling, folds: Sequence[Fold], recipe: Recipe) -> float:
    """The strength for this shop: what was best on its past windows, held to the usual one."""
    seed, threads = workspace.settings.seed, workspace.settings.threads
    sold = [rolling.labels(fold.labels_until, rolling.evaluated_from) for fold in folds]
    return held([mean_window(fold, came, recipe, seed, threads) for fold, came in zip(folds, sold, strict=True)])


def held(windows: Sequence[MeanWindow]) -> float:
    """The best strength of the grid on the mean of the windows, drawn towards the usual one."""
    losses = [float(np.mean([window.loss(strength) for window in windows])) for strength in GRID]
    if not np.isfinite(losses).all():
        return STRENGTH
    best = GRID[int(np.argmin(losses))]
    return (len(windows) * best + FIRMNESS * STRENGTH) / (len(windows) + FIRMNESS)
