"""Platt scaling of log-odds, used only where it helps on time it was not fitted on.

Platt (1999), Probabilistic outputs for support vector machines; here on margins of boosted trees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from models.arrays import Float64Array, Int64Array
from models.churn.calibration import Calibration

LEAST_GAIN = 3e-3
"""In log loss. Churn rates move with the season: correcting the small shifts of past windows cost as much in the
next one as it gained (Complete Journey, five windows before November), so only real miscalibration is mended."""
Scored = tuple[Float64Array, Int64Array]
"""Margins of rows no booster was fitted on, and their labels."""


def log_loss(margins: Float64Array, churned: Int64Array) -> float:
    """Mean negative log-likelihood of the labels."""
    return float(np.logaddexp(0, np.where(churned == 1, -margins, margins)).mean())


def fit(margins: Float64Array, churned: Int64Array) -> Calibration:
    """The slope (at least 0.1, so that the order stays) and shift of the greatest likelihood."""

    def loss(parameters: Float64Array) -> tuple[float, Float64Array]:
        scaled = parameters[0] * margins + parameters[1]
        wrong = expit(scaled) - churned
        return log_loss(scaled, churned), np.array([(wrong * margins).mean(), wrong.mean()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.1, 10), (-5, 5)])
    return Calibration(float(found.x[0]), float(found.x[1]))


def choose(folds: Sequence[Scored]) -> Calibration:
    """Fit on all folds, if folds left out in turn say that it lowers the log loss; else leave margins alone."""
    if len(folds) < 2:
        return Calibration()
    gains = [log_loss(*fold) - _loss_elsewhere(folds, i) for i, fold in enumerate(folds)]
    return fit(*_joined(folds)) if np.mean(gains) > LEAST_GAIN else Calibration()


def _loss_elsewhere(folds: Sequence[Scored], left_out: int) -> float:
    fitted = fit(*_joined([fold for i, fold in enumerate(folds) if i != left_out]))
    margins, churned = folds[left_out]
    return log_loss(fitted.margins(margins), churned)


def _joined(folds: Sequence[Scored]) -> Scored:
    return np.concatenate([margins for margins, _ in folds]), np.concatenate([churned for _, churned in folds])
