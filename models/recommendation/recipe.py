"""The hyper-parameters of a mode's learners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.recommendation.rankers import LearnerShares, Mode


@dataclass(frozen=True)
class Recipe:
    """Of the learners of a mode. `order_share`, `network_share` and `affinity_share` are what the ranker, the networks
    and the affinity count in the score; the booster of the probability has the rest."""

    eta: float = 0.05
    rounds: int = 250
    max_depth: int = 5
    min_child_weight: float = 20.0
    subsample: float = 0.8
    colsample_bytree: float = 0.5
    reg_lambda: float = 1.0
    order_share: float = 0.0
    network_share: float = 0.0
    affinity_share: float = 0.0

    @property
    def shares(self) -> LearnerShares:
        """Of all of them."""
        return LearnerShares.mixed(self.order_share, self.network_share, self.affinity_share)

    def as_dict(self) -> dict[str, Any]:
        """For the log."""
        return asdict(self)


DEFAULTS: Mapping[Mode, Recipe] = {
    "all": Recipe(network_share=0.5),
    "new": Recipe(order_share=0.25, network_share=0.5),
}
