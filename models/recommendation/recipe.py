"""The hyper-parameters of a mode's learners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.recommendation.rankers import Mode


@dataclass(frozen=True)
class Recipe:
    """Of both learners of a mode; `blend` is the share of the ranker in the score."""

    eta: float = 0.05
    rounds: int = 250
    max_depth: int = 5
    min_child_weight: float = 20.0
    subsample: float = 0.8
    colsample_bytree: float = 0.5
    reg_lambda: float = 1.0
    blend: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For the log."""
        return asdict(self)


DEFAULTS: Mapping[Mode, Recipe] = {"all": Recipe(blend=0.0), "new": Recipe(blend=0.5)}
