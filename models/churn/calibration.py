"""Platt scaling of log-odds, used only where it helps on time it was not fitted on.

Platt (1999), Probabilistic outputs for support vector machines; here on margins of boosted trees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]
LEAST_GAIN = 3e-3
"""In log loss. Churn rates move with the season: correcting the small shifts of past windows cost as much in the
next one as it gained (Complete Journey, five windows before November), so only real miscalibration is mended."""
Fold = tuple[Floats, NDArray[np.int64]]


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid(slope * margin + shift)."""

    slope: float = 1.0
    shift: float = 0.0

    def margins(self, margins: Floats) -> Floats:
        """Calibrated log-odds."""
        return self.slope * margins + self.shift

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"slope": self.slope, "shift": self.shift}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Calibration:
        """The inverse of `as_dict`."""
        return cls(float(content["slope"]), float(content["shift"]))


def log_loss(margins: Floats, churned: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood of the labels."""
    return float(np.logaddexp(0, np.where(churned == 1, -margins, margins)).mean())


def fit(margins: Floats, churned: NDArray[np.int64]) -> Calibration:
    """The slope (at least 0.1, so that the order stays) and shift of the greatest likelihood."""

    def loss(parameters: Floats) -> tuple[float, Floats]:
        scaled = parameters[0] * margins + parameters[1]
        wrong = expit(scaled) - churned
        return log_loss(scaled, churned), np.array([(wrong * margins).mean(), wrong.mean()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.1, 10), (-5, 5)])
    return Calibration(float(found.x[0]), float(found.x[1]))


def choose(folds: Sequence[Fold]) -> Calibration:
    """Fit on all folds, if folds left out in turn say that it lowers the log loss; else leave margins alone."""
    if len(folds) < 2:
        return Calibration()
    gains = [log_loss(*fold) - _loss_elsewhere(folds, i) for i, fold in enumerate(folds)]
    return fit(*_joined(folds)) if np.mean(gains) > LEAST_GAIN else Calibration()


def _loss_elsewhere(folds: Sequence[Fold], left_out: int) -> float:
    fitted = fit(*_joined([fold for i, fold in enumerate(folds) if i != left_out]))
    margins, churned = folds[left_out]
    return log_loss(fitted.margins(margins), churned)


def _joined(folds: Sequence[Fold]) -> Fold:
    return np.concatenate([margins for margins, _ in folds]), np.concatenate([churned for _, churned in folds])
