"""Which products each customer buys next: candidates from several sources, then gradient-boosted rankers."""

from models.recommendation.kind import KIND
from models.recommendation.model import Recommended, Recommender

__all__ = ["KIND", "Recommended", "Recommender"]
