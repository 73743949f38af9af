"""The one way from user profiles to lists: candidates, basket, scores, rules, the k best, filling.

A prediction file goes it with blocks of customers, a request with a block of one. Those of whom nothing is known, or
who allow nothing personal, go it as well: their candidates are what shares baskets with theirs and what sells best.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.candidates import CandidateLimits, Candidates, CandidateSource, candidates, crossed
from models.recommendation.profiles import UserProfiles
from models.recommendation.rankers import Mode, Ranker, standardised

BASKET_BOOST = 2.0
"""What a product that always shares the basket gains: twice the deviation of a customer's scores."""
STEP = 0.001
"""How far each product that fills a list lies below the one before it."""


@dataclass(frozen=True)
class RankingQuery:
    """What is asked for every customer of a block.

    `barred` says of each product whether it may not be shown, shape (I,); `basket` holds product codes; `region`
    matters to those of whom nothing is known.
    """

    k: int
    mode: Mode
    barred: BoolArray
    basket: Int64Array
    region: str | None = None


@dataclass(frozen=True)
class RankedLists:
    """The best products of a block of customers, by ascending row and rank (from 1, without gaps)."""

    row: Int64Array
    rank: Int64Array
    product: Int64Array
    score: Float32Array
    source: Int64Array


@dataclass(frozen=True)
class Pipeline:
    """One run over a block; `personal` says whose profile may be used, shape (R,)."""

    bound: BoundStatistics
    ranker: Ranker
    limits: CandidateLimits
    profiles: UserProfiles
    personal: BoolArray
    query: RankingQuery

    def run(self) -> RankedLists:
        """The k best products of each customer; fewer only where no more may be shown."""
        pairs = self._candidates()
        scores = self._scores(pairs)
        shown = ~self.query.barred[pairs.product]
        best = top(pairs.where(shown), scores[shown], self.query.k)
        return self._filled(best)

    @cached_property
    def _strength(self) -> Float32Array:
        """How well each product goes with the basket, shape (I,)."""
        return self.bound.companions(self.query.basket)

    @cached_property
    def _cold_scores(self) -> Float32Array:
        """The order for those of whom nothing is known: companions of the basket lie above 1, the rest in 0..1."""
        popularity = self.bound.popularity(self.query.region)
        if not len(self.query.basket):
            return popularity
        return np.where(self._strength > 0, 1 + self._strength, popularity)

    def _candidates(self) -> Candidates:
        """Each pair of customer and product once, by ascending row; in mode `new` only what was never bought."""
        parts = []
        if self.personal.any():
            parts.append(self._personal())
        if not self.personal.all():
            parts.append(self._cold())
        pairs = parts[0] if len(parts) == 1 else Candidates.joined(parts)
        return pairs if self.query.mode == "all" else pairs.where(pairs.new)

    def _personal(self) -> Candidates:
        found = candidates(self.profiles, self.limits)
        if not self.personal.all():
            found = found.where(self.personal[found.row])
        if not len(self.query.basket):
            return found
        rows, companions = np.flatnonzero(self.personal), np.flatnonzero(self._strength > 0)
        source = np.full(len(companions), CandidateSource.BASKET, dtype=np.int64)
        added = crossed(self.profiles, rows, companions, source)
        size = len(self.bound.catalogue)
        fresh = ~np.isin(added.row * size + added.product, found.row * size + found.product)
        return Candidates.joined([found, added.where(fresh)])

    def _cold(self) -> Candidates:
        """So many of the best that k are left once those that were bought are taken out."""
        rows = np.flatnonzero(~self.personal)
        order = np.lexsort((np.arange(len(self._cold_scores)), -self._cold_scores))
        most = self.query.k + (int(self.profiles.sizes[rows].max(initial=0)) if self.query.mode == "new" else 0)
        chosen = order[~self.query.barred[order]][:most]
        source = np.full(len(chosen), CandidateSource.POPULAR, dtype=np.int64)
        if len(self.query.basket):
            source[self._strength[chosen] > 0] = CandidateSource.BASKET
        return crossed(self.profiles, rows, chosen, source)

    def _scores(self, pairs: Candidates) -> Float32Array:
        if not self.personal.any():
            return self._cold_scores[pairs.product]
        if self.personal.all():
            return self._personal_scores(pairs)
        own = self.personal[pairs.row]
        scores = self._cold_scores[pairs.product]
        scores[own] = self._personal_scores(pairs.where(own))
        return scores

    def _personal_scores(self, pairs: Candidates) -> Float32Array:
        scores = self.ranker.score(self.profiles, pairs, self.query.mode)
        if not len(self.query.basket):
            return scores
        return standardised(scores, pairs.row) + np.float32(BASKET_BOOST) * self._strength[pairs.product]

    def _filled(self, best: RankedLists) -> RankedLists:
        """What sells best behind lists that are shorter than k."""
        count = np.bincount(best.row, minlength=len(self.profiles.histories))
        short = np.flatnonzero(count < min(self.query.k, len(self.bound.catalogue)))
        if not len(short):
            return best
        return _appended(best, [self._filling(best, int(row), int(count[row])) for row in short])

    def _filling(self, best: RankedLists, row: int, count: int) -> RankedLists:
        own = best.row == row
        used = self.query.barred.copy()
        used[best.product[own]] = True
        if self.query.mode == "new":
            used[self.profiles.product[self.profiles.row == row]] = True
        popular = self.bound.catalogue.popular
        more = popular[~used[popular]][: self.query.k - count]
        step = np.arange(1, len(more) + 1)
        below = float(best.score[own][-1]) if count else 0.0
        source = np.full(len(more), CandidateSource.POPULAR, dtype=np.int64)
        score = (below - STEP * step).astype(np.float32)
        return RankedLists(np.full(len(more), row, dtype=np.int64), count + step, more, score, source)


def top(pairs: Candidates, scores: Float32Array, k: int) -> RankedLists:
    """The k best of each row; of equal scores the smaller product code."""
    order = np.lexsort((pairs.product, -scores, pairs.row))
    row = pairs.row[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row) + 1
    best = order[rank <= k]
    return RankedLists(pairs.row[best], rank[rank <= k], pairs.product[best], scores[best], pairs.source[best])


def _appended(best: RankedLists, more: list[RankedLists]) -> RankedLists:
    parts = [best, *more]
    names = ("row", "rank", "product", "score", "source")
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    order = np.lexsort((columns[1], columns[0]))
    return RankedLists(*(column[order] for column in columns))
