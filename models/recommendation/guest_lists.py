"""What is answered for those of whom nothing is known but, where they say it, their region."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import Int64Array
from models.recommendation import metrics
from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.history import PurchaseHistories
from models.recommendation.model import Recommender
from models.recommendation.pipeline import RankingQuery
from models.recommendation.profiles import UserProfiles


def guest_lists(model: Recommender, bound: BoundStatistics, regions: Sequence[str | None]) -> Int64Array:
    """Product codes by rank of a guest of each region, -1 where a list has ended, shape (regions, 10)."""
    of_region = {region: _list(model, bound, region) for region in dict.fromkeys(regions)}
    return np.stack([of_region[region] for region in regions]) if len(regions) else np.zeros((0, metrics.K), np.int64)


def _list(model: Recommender, bound: BoundStatistics, region: str | None) -> Int64Array:
    profiles = UserProfiles(PurchaseHistories.empty(), bound.index)
    query = RankingQuery(metrics.K, "all", bound.mask(()), np.zeros(0, dtype=np.int64), region)
    ranked = model.rank(bound, profiles, np.zeros(1, dtype=bool), query)
    row = np.full(metrics.K, -1, dtype=np.int64)
    row[ranked.rank - 1] = ranked.product
    return row
