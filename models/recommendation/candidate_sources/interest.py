"""What the customer looked at, put into the cart, wished or searched for lately, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.interests import SEARCH, RecentInterest
from models.recommendation.profiles import UserProfiles

SPOKEN: Final = 5.0
"""What a companion that shares every basket with a fresh interest counts beside the best seller, to a stranger.

Chosen on past windows, products of the window taken for looks (docs/recommendation.md): of 2 and 4 on the scale of a
look that counts 1, the one was best on the Complete Journey, the other on Ta-Feng; a look counts 0.6."""
NEAR: Final = 0.5
"""What the best companions count, at most, beside an interest itself, to a customer with purchases."""


@dataclass(frozen=True)
class Seeds:
    """The products that one customer's interests mean: codes, what each counts (0..1), and the interest it is of."""

    product: Int64Array
    weight: Float32Array
    interest: Int64Array

    @classmethod
    def of(cls, interests: Sequence[RecentInterest], bound: BoundStatistics) -> Seeds:
        """Ids that the catalogue does not have, and words that no product has, mean nothing."""
        ids = [interest.what for interest in interests if interest.kind != SEARCH]
        codes = iter(bound.catalogue.codes(ids))
        found = [
            _searched(interest, bound) if interest.kind == SEARCH else _looked_at(interest, next(codes))
            for interest in interests
        ]
        sizes = [len(codes) for codes, _ in found]
        return cls(
            np.concatenate([np.zeros(0, dtype=np.int64), *(codes for codes, _ in found)]),
            np.concatenate([np.zeros(0, dtype=np.float32), *(weights for _, weights in found)]),
            np.repeat(np.arange(len(interests), dtype=np.int64), sizes),
        )

    def where(self, keep: BoolArray) -> Seeds:
        """Some of them."""
        return Seeds(self.product[keep], self.weight[keep], self.interest[keep])


@dataclass(frozen=True)
class InterestPairs:
    """Pairs of customer and product that lately's interests speak for; by ascending row and product.

    `strength` in 0..1 is for customers with purchases; `beside_popularity` is for strangers, on the scale on which the
    best seller has 1.
    """

    row: Int64Array
    product: Int64Array
    strength: Float32Array
    beside_popularity: Float32Array

    def of(self, row: Int64Array, product: Int64Array, products: int, *, stranger: bool = False) -> Float32Array:
        """What other pairs have, 0 where there is none; `products` is the size of the catalogue."""
        key, wanted = self.row * products + self.product, row * products + product
        place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        values = self.beside_popularity if stranger else self.strength
        return np.where(key[place] == wanted, values[place], np.float32(0))


class InterestSource:
    """Gives pairs, not scores of targets: a product that nobody is told of by others may have been looked at."""

    name = "interest"
    limit = 30

    def pairs(
        self, recent: Mapping[int, Sequence[RecentInterest]], bound: BoundStatistics, profiles: UserProfiles, limit: int
    ) -> InterestPairs | None:
        """By row of the block: the products themselves unless bought since, and what goes with them best.

        At most `limit` of each.
        """
        parts = [self._of_customer(row, recent[row], bound, profiles, limit) for row in sorted(recent)]
        found = [part for part in parts if len(part.row)]
        if not found:
            return None
        columns = (
            [getattr(part, name) for part in found] for name in ("row", "product", "strength", "beside_popularity")
        )
        return InterestPairs(*(np.concatenate(column) for column in columns))

    def _of_customer(
        self, row: int, interests: Sequence[RecentInterest], bound: BoundStatistics, profiles: UserProfiles, limit: int
    ) -> InterestPairs:
        seeds = Seeds.of(interests, bound)
        spoken = companions(seeds, bound)
        wanted = seeds.where(~_bought_since(row, seeds, interests, profiles))
        direct = np.zeros_like(spoken)
        np.maximum.at(direct, wanted.product, wanted.weight)
        best = np.union1d(_top(direct, limit), _top(spoken, limit))
        strength = np.maximum(direct, NEAR * np.minimum(spoken, 1))[best]
        first = np.where(direct > 0, 1 + float(spoken.max(initial=0)) + direct, spoken)[best]
        return InterestPairs(np.full(len(best), row, dtype=np.int64), best, strength, first.astype(np.float32))


def companions(seeds: Seeds, bound: BoundStatistics) -> Float32Array:
    """How much the seeds together speak for each other product, `SPOKEN` times the cosine of baskets, shape (I,)."""
    together = seeds.weight @ bound.cooccurrence[seeds.product] if len(seeds.product) else 0.0
    found = np.zeros(len(bound.catalogue), dtype=np.float32) + np.asarray(together, dtype=np.float32)
    found[seeds.product] = 0
    return found * np.float32(SPOKEN)


def _searched(interest: RecentInterest, bound: BoundStatistics) -> tuple[Int64Array, Float32Array]:
    codes, share = bound.words.found(interest.what)
    return codes, share * np.float32(interest.weight)


def _looked_at(interest: RecentInterest, code: int) -> tuple[Int64Array, Float32Array]:
    found = np.array([code] if code >= 0 else [], dtype=np.int64)
    return found, np.full(len(found), interest.weight, dtype=np.float32)


def _bought_since(row: int, seeds: Seeds, interests: Sequence[RecentInterest], profiles: UserProfiles) -> BoolArray:
    """Whether each was bought on the day of the interest or after it; histories count whole days, the last being 1."""
    entry = profiles.entries_of(np.full(len(seeds.product), row, dtype=np.int64), seeds.product)
    days = np.array([int(interest.days) + 1 for interest in interests], dtype=np.float32)[seeds.interest]
    bought: BoolArray = entry >= 0
    bought[bought] = profiles.histories.entries["last_days"][entry[bought]] <= days[bought]
    return bought


def _top(values: Float32Array, limit: int) -> Int64Array:
    """The codes of the largest positive values."""
    positive = np.flatnonzero(values > 0)
    return positive[np.lexsort((positive, -values[positive]))[:limit]].astype(np.int64)
