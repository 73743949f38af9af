"""The built-in baselines: recommenders whose ranker is one formula (`rankers`)."""

from __future__ import annotations

from collections.abc import Mapping

from models.recommendation.candidates import CandidateLimits
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.model import Recommender
from models.recommendation.rankers import BASELINES, FormulaRanker

LIMITS = CandidateLimits(history=200, popular=200)
"""Wide enough that what a baseline ranks first is among its candidates."""


def of(statistics: ItemStatistics) -> Mapping[str, Recommender]:
    """Popularity, personal frequency with time decay, and item-item, all from the same item statistics."""
    return {name: Recommender(statistics, FormulaRanker(name), LIMITS) for name in BASELINES}
