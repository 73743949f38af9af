"""What the customer's purchases speak for, and others now buy for the first time."""

from __future__ import annotations

from models.arrays import Float32Array
from models.recommendation.profiles import UserProfiles


class Trending:
    """By the geometric mean of `discovery` and the recent first-time buyers."""

    name = "trending"
    limit = 50

    def scores(self, profiles: UserProfiles) -> Float32Array:
        """0 where either is not above 0."""
        return profiles.trending
