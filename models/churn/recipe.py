"""The hyper-parameters of a churn model: what a tuning finds and a fit follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.churn.calibration import Calibration

FIXED: Mapping[str, Any] = {"objective": "binary:logistic", "tree_method": "hist", "max_bin": 64, "base_score": 0.5}
"""XGBoost's parameters that no tuning changes."""


@dataclass(frozen=True)
class Recipe:
    """How the boosters are fitted, and how their margins become probabilities."""

    parameters: Mapping[str, Any]
    rounds: int
    calibration: Calibration

    def as_dict(self) -> dict[str, Any]:
        """For the training record."""
        return {**self.parameters, "rounds": self.rounds, "calibration": self.calibration.as_dict()}
