"""The hyper-parameters of a churn model: what a tuning finds and a fit follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIXED: Mapping[str, Any] = {"objective": "binary:logistic", "tree_method": "hist", "max_bin": 64, "base_score": 0.5}
"""XGBoost's parameters that no tuning changes."""


@dataclass(frozen=True)
class Recipe:
    """The trees' parameters and rounds, the logistic regression's C, and on how many rows members are fitted."""

    parameters: Mapping[str, Any]
    rounds: int
    strength: float
    most_rows: int

    def as_dict(self) -> dict[str, Any]:
        """For the training record."""
        more = {"rounds": self.rounds, "logistic_strength": self.strength, "most_rows": self.most_rows}
        return {**self.parameters, **more}
