"""What the customer bought before, the most often and recently bought first."""

from __future__ import annotations

import numpy as np

from models.arrays import Int64Array
from models.recommendation.profiles import UserProfiles


class History:
    """The only source of products that were bought before: it chooses entries of the history, not targets."""

    name = "history"
    limit = 100

    def entries(self, profiles: UserProfiles, limit: int) -> Int64Array:
        """Places among the entries whose product is in the catalogue, at most `limit` of each customer."""
        order = np.lexsort((profiles.product, -profiles.of_entries("weight_60d"), profiles.row))
        row = profiles.row[order]
        place = np.arange(len(row)) - np.searchsorted(row, row)
        chosen: Int64Array = order[place < limit]
        return chosen
