"""Mean forecasts of the windows before the evaluation, with what came: what tuning and alignment are chosen on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array
from models.demand.day_totals import aligned, course
from models.demand.evaluation import score_series
from models.demand.forecast import LEVELS, tidy
from models.demand.metrics import STATISTICS
from models.demand.plans import Plans
from models.demand.recipe import Recipe
from models.demand.series import Histories
from training.demand.fitting import fit_mean
from training.demand.folds import Fold


@dataclass(frozen=True)
class MeanWindow:
    """Mean forecasts (S, H) of a past window, what was known at its start, and what came (nan: not known)."""

    histories: Histories
    plans: Plans
    mean: Float64Array
    sold: Float64Array

    def loss(self, strength: float) -> float:
        """WRMSSE with forecasts drawn to the course of the shop's total; 0 leaves them."""
        mean = aligned(self.mean, course(self.histories, self.plans, self.mean, strength)) if strength else self.mean
        forecast = tidy(self.histories, mean, np.repeat(mean[:, :, None], len(LEVELS), axis=2))
        return STATISTICS["WRMSSE"](score_series(forecast, self.sold, self.histories))


def mean_window(fold: Fold, sold: Float64Array, recipe: Recipe, seed: int, threads: int) -> MeanWindow:
    """The window after a fold, forecast by one mean booster fitted on the fold."""
    booster = fit_mean(fold.examples, recipe, seed, threads)
    ratio = booster.inplace_predict(fold.inputs.matrix).astype(float).reshape(fold.inputs.shape)
    mean = ratio * fold.inputs.level[:, None] * fold.inputs.open
    return MeanWindow(fold.histories, fold.plans, mean, sold)
