"""More of the kinds of product that the customer buys: of their names, or of their categories (`Catalogue.kind`)."""

from __future__ import annotations

from typing import cast

from models.arrays import Float32Array
from models.recommendation.profiles import UserProfiles


class Category:
    """By the customer's recent purchases of the kind, shared out by what sells within it."""

    name = "category"
    limit = 20

    def scores(self, profiles: UserProfiles) -> Float32Array:
        """How much the customer buys of the product's kind, times the product's share of its sales."""
        catalogue, targets = profiles.index.catalogue, profiles.index.targets
        liked = profiles.group(catalogue.kind).weight_of(len(profiles.histories), profiles.index.kinds)
        return cast(Float32Array, liked * catalogue.group_shares[catalogue.kind][targets])
