"""What the customer looked at, put into the cart, wished or searched for lately, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.interests import RecentInterest
from models.recommendation.profiles import UserProfiles

NEAR: Final = 0.5
"""What the best companion of an interest counts beside the interest itself."""


@dataclass(frozen=True)
class Seeds:
    """The products that one customer's interests mean: codes, what each counts (0..1), and the interest it is of."""

    product: Int64Array
    weight: Float32Array
    interest: Int64Array

    @classmethod
    def of(cls, interests: Sequence[RecentInterest], bound: BoundStatistics) -> Seeds:
        """Ids that the catalogue does not have, and words that no product has, mean nothing."""
        found = [_meant(interest, bound) for interest in interests]
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
    """Pairs of customer and product with how strongly lately's interests speak for them, 0..1; by ascending row."""

    row: Int64Array
    product: Int64Array
    strength: Float32Array

    def of(self, row: Int64Array, product: Int64Array, products: int) -> Float32Array:
        """The strength of other pairs, 0 where there is none; `products` is the size of the catalogue."""
        key, wanted = self.row * products + self.product, row * products + product
        place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        return np.where(key[place] == wanted, self.strength[place], np.float32(0))


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
        columns = ([getattr(part, name) for part in found] for name in ("row", "product", "strength"))
        return InterestPairs(*(np.concatenate(column) for column in columns))

    def _of_customer(
        self, row: int, interests: Sequence[RecentInterest], bound: BoundStatistics, profiles: UserProfiles, limit: int
    ) -> InterestPairs:
        seeds = Seeds.of(interests, bound)
        strength = NEAR * companions(seeds, bound)
        wanted = seeds.where(~_bought_since(row, seeds, interests, profiles))
        direct = np.zeros_like(strength)
        np.maximum.at(direct, wanted.product, wanted.weight)
        strength[seeds.product] = 0
        best = np.union1d(_top(direct, limit), _top(strength, limit))
        strength = np.maximum(direct, strength)[best]
        return InterestPairs(np.full(len(best), row, dtype=np.int64), best, strength)


def companions(seeds: Seeds, bound: BoundStatistics) -> Float32Array:
    """How well each product goes with the seeds, the best as much as the strongest seed counts, shape (I,)."""
    together = seeds.weight @ bound.cooccurrence[seeds.product] if len(seeds.product) else 0.0
    found = np.zeros(len(bound.catalogue), dtype=np.float32) + np.asarray(together, dtype=np.float32)
    found[seeds.product] = 0
    highest = float(found.max(initial=0))
    return found * np.float32(seeds.weight.max() / highest) if highest > 0 else found


def _meant(interest: RecentInterest, bound: BoundStatistics) -> tuple[Int64Array, Float32Array]:
    if interest.kind == "search":
        codes, share = bound.words.found(interest.what)
        return codes, share * np.float32(interest.weight)
    codes = bound.catalogue.codes([interest.what])
    codes = codes[codes >= 0]
    return codes, np.full(len(codes), interest.weight, dtype=np.float32)


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
