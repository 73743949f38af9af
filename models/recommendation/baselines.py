"""The built-in baselines: recommenders whose ranker is one formula (`rankers`)."""

from __future__ import annotations

from collections.abc import Mapping

from models.recommendation.candidates import Limits
from models.recommendation.knowledge import Knowledge
from models.recommendation.rankers import BASELINES, Baseline
from models.recommendation.recommender import Recommender

LIMITS = Limits(history=200, popular=200)
"""Wide enough that what a baseline ranks first is among its candidates."""


def of(knowledge: Knowledge) -> Mapping[str, Recommender]:
    """Popularity, personal frequency with time decay, and item-item, all from the same knowledge."""
    return {name: Recommender(knowledge, Baseline(name), LIMITS) for name in BASELINES}
