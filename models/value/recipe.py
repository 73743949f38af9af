"""The hyper-parameters of a value model: what a tuning finds and every booster's fit follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIXED: Mapping[str, Any] = {"tree_method": "hist", "max_bin": 64}
"""XGBoost's parameters that no tuning changes."""


@dataclass(frozen=True)
class Recipe:
    """How every booster is fitted."""

    parameters: Mapping[str, Any]
    rounds: int

    def as_dict(self) -> dict[str, Any]:
        """For the training record."""
        return {**self.parameters, "rounds": self.rounds}
