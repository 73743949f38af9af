"""What many now buy for the first time, for everybody the same."""

from __future__ import annotations

import numpy as np

from models.arrays import Float32Array
from models.recommendation.profiles import UserProfiles


class Discovered:
    """By the product feature `first_buyers_weight`."""

    name = "discovered"
    limit = 30

    def scores(self, profiles: UserProfiles) -> Float32Array:
        """First-time buyers, half as much per 30 days."""
        index = profiles.index
        return np.broadcast_to(index.catalogue.numbers["first_buyers_weight"][index.targets], profiles.owned.shape)
