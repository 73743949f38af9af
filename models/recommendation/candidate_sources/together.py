"""What everything the customer ever bought speaks for, by EASE's weights."""

from __future__ import annotations

from models.arrays import Float32Array
from models.recommendation.profiles import UserProfiles


class Together:
    """By the pair feature `discovery`."""

    name = "together"
    limit = 50

    def scores(self, profiles: UserProfiles) -> Float32Array:
        """The sum of the weights."""
        return profiles.discovery
