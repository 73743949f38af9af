"""The one way from user profiles to lists: candidates, basket, scores, rules, variety, the k best, filling.

A prediction file goes it with blocks of customers, a request with a block of one. Those of whom nothing is known, or
who allow nothing personal, go it as well: their candidates are what shares baskets with theirs and what sells best.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from models.arrays import BoolArray, Float32Array, Int64Array
from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.candidate_sources.interest import InterestPairs
from models.recommendation.candidates import CandidateLimits, Candidates, CandidateSource, candidates, crossed
from models.recommendation.durables import behind_all_else, held_back
from models.recommendation.merchandising.arranging import arrange
from models.recommendation.merchandising.bound_rules import Repeat, RulesInForce
from models.recommendation.profiles import UserProfiles
from models.recommendation.rankers import Mode, Ranker, standardised
from models.recommendation.variety import group_caps
from models.recommendation.variety.exploration import BEHIND, CappedGroup, Exploration, ExploredPlaces, draw
from models.recommendation.variety.list_variety import AS_TRAINED, ListVariety, varied

BASKET_BOOST = 2.0
"""What a product that always shares the basket gains: twice the deviation of a customer's scores."""
INTEREST_BOOST = 4.0
"""What a product gains that was put into the cart just now, likewise; other interests gain their part of it
(`interests.COUNTS`), and all fade. Set by reason: who looks is several times as likely to buy, and who fills a cart
dozens of times (1.4 and 4 on the scale of log odds, which deviate by about 1 among candidates)."""
STEP = 0.001
"""How far each product that fills a list lies below the one before it."""


@dataclass(frozen=True)
class RankingQuery:
    """What is asked for every customer of a block.

    `barred` says of each product whether it may not be shown, shape (I,); `basket` holds product codes; `region`
    matters to those of whom nothing is known; `rules` are the merchandiser's that count for all of the block;
    `variety` is what lists are to be besides accurate; `exploration` is of a block of one.
    """

    k: int
    mode: Mode
    barred: BoolArray
    basket: Int64Array
    region: str | None = None
    rules: RulesInForce | None = None
    variety: ListVariety = AS_TRAINED
    exploration: Exploration | None = None


@dataclass(frozen=True)
class RankedLists:
    """The best products of a block of customers, by ascending row and rank (from 1, without gaps).

    `rule` is the number of the rule that put a product in its place, -1 where the score did; `drawn` is what explored
    places show instead, its candidates being those of `behind`: their product and source, shape (2, m).
    """

    row: Int64Array
    rank: Int64Array
    product: Int64Array
    score: Float32Array
    source: Int64Array
    rule: Int64Array
    drawn: ExploredPlaces | None = None
    behind: Int64Array | None = None

    def falling(self) -> RankedLists:
        """With scores that never rise: a product that stands higher than its score has it bears the next one's."""
        if not len(self.row):
            return self
        table = np.full((int(self.row.max()) + 1, int(self.rank.max())), -np.inf, dtype=np.float32)
        table[self.row, self.rank - 1] = self.score
        highest = np.maximum.accumulate(table[:, ::-1], axis=1)[:, ::-1]
        return replace(self, score=highest[self.row, self.rank - 1])


@dataclass(frozen=True)
class Pipeline:
    """One run over a block; `personal` says whose profile may be used, shape (R,)."""

    bound: BoundStatistics
    ranker: Ranker
    limits: CandidateLimits
    profiles: UserProfiles
    personal: BoolArray
    query: RankingQuery
    interests: InterestPairs | None = None

    def run(self) -> RankedLists:
        """The k best products of each customer; fewer only where no more may be shown."""
        return self.listed(self.query.variety)

    @cached_property
    def shown(self) -> tuple[Candidates, Float32Array]:
        """What may be shown, by ascending row, and its scores, with boosts of rules."""
        pairs, scores = self.scored
        shown = ~self._barred[pairs.product]
        rules = self.query.rules
        for repeat, keys in self._repeats:
            shown &= ~repeat.barred(keys, pairs.row, pairs.product)
        pairs, scores = pairs.where(shown), scores[shown]
        return pairs, scores if rules is None else rules.boosted(pairs.row, pairs.product, scores)

    def listed(self, variety: ListVariety) -> RankedLists:
        """The lists from what may be shown, as varied as is asked: scored once, however often."""
        pairs, scores = self.shown
        order = by_score(pairs, scores)
        spare = np.zeros(len(order), dtype=bool)
        if not variety.plain:
            found = varied(
                variety,
                self.query.k,
                self.profiles,
                self.personal,
                row=pairs.row[order],
                product=pairs.product[order],
                score=scores[order],
                fixed=self._pinned,
            )
            order, spare = order[found.order], found.spare
        if self._placing or variety.caps:
            lists = self._arranged(pairs, scores, order, spare=spare, variety=variety)
        else:
            best = top(pairs, scores, self.query.k, order)
            lists = self._filled(best if variety.plain else best.falling())
        if self.query.exploration is None:
            return lists
        return self._explored(lists, pairs, scores, order[~spare], self.query.exploration, variety=variety)

    def _explored(
        self,
        lists: RankedLists,
        pairs: Candidates,
        scores: Float32Array,
        order: Int64Array,
        exploration: Exploration,
        *,
        variety: ListVariety,
    ) -> RankedLists:
        """One list with some places drawn by chance from the 4k best that caps and quotas allow behind it.

        What a rule put in its place, or a quota counts, stays where it is.
        """
        quotas = self.query.rules.quotas if self.query.rules else ()
        counted = np.zeros(len(self.bound.catalogue), dtype=bool)
        for quota in quotas:
            counted |= quota.members
        taken = counted.copy()
        taken[lists.product] = True
        behind = order[~taken[pairs.product[order]]][: BEHIND * self.query.k]
        free = (lists.rank > 1) & (lists.rule < 0) & ~counted[lists.product]
        groups, products = self.bound.catalogue.groups, pairs.product[behind]
        caps = [
            CappedGroup(most, groups[name][lists.product], groups[name][products], exploration.arrival_groups[name])
            for name, most in (variety.caps if len(exploration.arrivals) else {}).items()
        ]
        drawn = draw(exploration, free, scores[behind], caps)
        return replace(lists, drawn=drawn, behind=np.stack([products, pairs.source[behind]]))

    @property
    def _placing(self) -> bool:
        """Whether a rule speaks of places."""
        return self.query.rules is not None and self.query.rules.places

    @cached_property
    def _pinned(self) -> Int64Array:
        """Products that rules give a place in these lists."""
        pins = self.query.rules.pins if self.query.rules else ()
        products = [pin.product for pin in pins if pin.place <= self.query.k and not self._barred[pin.product]]
        return np.array(products, dtype=np.int64)

    @cached_property
    def scored(self) -> tuple[Candidates, Float32Array]:
        """All candidates with their scores, before anything is kept out of the lists."""
        pairs = self._candidates()
        held = held_back(self.profiles, pairs) & self.personal[pairs.row]
        return pairs, behind_all_else(self._scores(pairs), pairs, held)

    @cached_property
    def _barred(self) -> BoolArray:
        """What nobody of the block may be shown, shape (I,)."""
        rules = self.query.rules
        return self.query.barred if rules is None else self.query.barred | rules.barred

    @cached_property
    def _repeats(self) -> list[tuple[Repeat, Int64Array]]:
        """What some may not be shown, for they bought it lately."""
        rules = self.query.rules
        return [(each, each.keys(self.profiles, self.personal)) for each in (rules.repeats if rules else ())]

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
        pairs = self._with_interests(pairs)
        return pairs if self.query.mode == "all" else pairs.where(pairs.new)

    def _personal(self) -> Candidates:
        found = candidates(self.profiles, self.limits)
        if not self.personal.all():
            found = found.where(self.personal[found.row])
        if len(self.query.basket):
            found = self._with(found, np.flatnonzero(self._strength > 0), CandidateSource.BASKET)
        return found if self.query.rules is None else self._with(found, self.query.rules.promoted)

    def _with_interests(self, found: Candidates) -> Candidates:
        """What each looked at lately and what goes with it, too; of what they never bought that is the source."""
        if self.interests is None:
            return found
        size, own = len(self.bound.catalogue), self.interests
        known = np.isin(own.row * size + own.product, found.row * size + found.product)
        row, product = own.row[~known], own.product[~known]
        entry = self.profiles.entries_of(row, product)
        source = np.where(entry < 0, CandidateSource.INTEREST, CandidateSource.HISTORY)
        strong = (own.of(found.row, found.product, size) > 0) & found.new
        told = replace(found, source=np.where(strong, np.int64(CandidateSource.INTEREST), found.source))
        return Candidates.joined([told, Candidates(row, product, entry, source)])

    def _with(
        self, found: Candidates, products: Int64Array, source: CandidateSource = CandidateSource.POPULAR
    ) -> Candidates:
        """These products, too, for all whose profile may be used."""
        if not len(products):
            return found
        sources = np.full(len(products), source, dtype=np.int64)
        added = crossed(self.profiles, np.flatnonzero(self.personal), products, sources)
        size = len(self.bound.catalogue)
        fresh = ~np.isin(added.row * size + added.product, found.row * size + found.product)
        return Candidates.joined([found, added.where(fresh)])

    def _cold(self) -> Candidates:
        """So many of the best that k are left once those that were bought are taken out."""
        rows = np.flatnonzero(~self.personal)
        order = np.lexsort((np.arange(len(self._cold_scores)), -self._cold_scores))
        more = BEHIND * self.query.k if self.query.exploration else 0
        most = self.query.k + more + (int(self.profiles.sizes[rows].max(initial=0)) if self.query.mode == "new" else 0)
        chosen = order[~self._barred[order]][:most]
        if self.query.rules is not None:
            chosen = np.append(chosen, np.setdiff1d(self.query.rules.promoted, chosen))
        source = np.full(len(chosen), CandidateSource.POPULAR, dtype=np.int64)
        if len(self.query.basket):
            source[self._strength[chosen] > 0] = CandidateSource.BASKET
        return crossed(self.profiles, rows, chosen, source)

    def _scores(self, pairs: Candidates) -> Float32Array:
        if not self.personal.any():
            return self._stranger_scores(pairs)
        if self.personal.all():
            return self._personal_scores(pairs)
        own = self.personal[pairs.row]
        scores = self._stranger_scores(pairs)
        scores[own] = self._personal_scores(pairs.where(own))
        return scores

    def _stranger_scores(self, pairs: Candidates) -> Float32Array:
        """What they looked at first, then what goes with it and what sells best."""
        scores = self._cold_scores[pairs.product]
        if self.interests is None:
            return scores
        return scores + self.interests.of(pairs.row, pairs.product, len(self.bound.catalogue), stranger=True)

    def _personal_scores(self, pairs: Candidates) -> Float32Array:
        scores = self.ranker.score(self.profiles, pairs, self.query.mode)
        if len(self.query.basket):
            scores = standardised(scores, pairs.row) + np.float32(BASKET_BOOST) * self._strength[pairs.product]
        if self.interests is None:
            return scores
        fresh = self.interests.of(pairs.row, pairs.product, len(self.bound.catalogue))
        moved = np.isin(pairs.row, self.interests.row)
        alike = scores if len(self.query.basket) else standardised(scores, pairs.row)
        return np.where(moved, alike + np.float32(INTEREST_BOOST) * fresh, scores)

    def _arranged(
        self, pairs: Candidates, scores: Float32Array, order: Int64Array, *, spare: BoolArray, variety: ListVariety
    ) -> RankedLists:
        """Places as rules and caps have them, filled with what sells best where the candidates do not do."""
        rows = len(self.profiles.histories)
        start = np.searchsorted(pairs.row[order], np.arange(rows + 1))
        simple = np.zeros(rows, dtype=bool)
        if not self._placing:  # caps alone are kept by leaving out what is spare, where enough is left
            simple = np.bincount(pairs.row[order[~spare]], minlength=rows) >= self.query.k
        parts = [top(pairs, scores, self.query.k, order[~spare & simple[pairs.row[order]]]).falling()]
        for row in np.flatnonzero(~simple).tolist():
            own, behind = order[start[row] : start[row + 1]], spare[start[row] : start[row + 1]]
            parts.append(self._row(row, pairs, scores, own[~behind], spare=own[behind], variety=variety))
        return _joined(parts)

    def _row(
        self,
        row: int,
        pairs: Candidates,
        scores: Float32Array,
        order: Int64Array,
        *,
        spare: Int64Array,
        variety: ListVariety,
    ) -> RankedLists:
        """One customer's list from their candidates, `order`, the best first; `spare` are those behind caps."""
        rules = self.query.rules
        pins, quotas = (rules.pins, rules.quotas) if rules else ((), ())
        products, score, source = pairs.product[order], scores[order], pairs.source[order]
        found = arrange(products, self.query.k, pins, quotas)
        if not found.complete:
            behind = pairs.product[spare]
            more = self._popular(row, np.append(products, behind))
            first = self._within_caps(variety, products, more)
            parts = [more[first], behind, more[~first]]
            worth = [self._below(score, int(first.sum())), scores[spare], self._below(score, int((~first).sum()))]
            filler = [np.full(len(each), CandidateSource.POPULAR) for each in (parts[0], parts[2])]
            products, score = np.concatenate([products, *parts]), np.concatenate([score, *worth])
            source = np.concatenate([source, filler[0], pairs.source[spare], filler[1]])
            found = arrange(products, self.query.k, pins, quotas)
        chosen = found.chosen
        rank = np.arange(1, len(chosen) + 1)
        rows = np.full(len(chosen), row, dtype=np.int64)
        worth_of = score[chosen].astype(np.float32)
        return RankedLists(rows, rank, products[chosen], worth_of, source[chosen], found.rule).falling()

    def _within_caps(self, variety: ListVariety, taken: Int64Array, more: Int64Array) -> BoolArray:
        """Which of more products a list may take beside those taken, the best first."""
        groups = self.profiles.index.catalogue.groups
        caps = [(groups[name], most) for name, most in variety.caps.items()]
        fixed = np.append(self._pinned, taken)
        return group_caps.kept(caps, np.zeros(len(more), dtype=np.int64), more, fixed)

    def _filled(self, best: RankedLists) -> RankedLists:
        """What sells best behind lists that are shorter than k."""
        count = np.bincount(best.row, minlength=len(self.profiles.histories))
        short = np.flatnonzero(count < min(self.query.k, len(self.bound.catalogue)))
        if not len(short):
            return best
        return _joined([best, *(self._filling(best, int(row), int(count[row])) for row in short)])

    def _filling(self, best: RankedLists, row: int, count: int) -> RankedLists:
        own = best.row == row
        more = self._popular(row, best.product[own])[: self.query.k - count]
        score = self._below(best.score[own], len(more))
        source = np.full(len(more), CandidateSource.POPULAR, dtype=np.int64)
        rank, rule = count + np.arange(1, len(more) + 1), np.full(len(more), -1, dtype=np.int64)
        return RankedLists(np.full(len(more), row, dtype=np.int64), rank, more, score, source, rule)

    def _popular(self, row: int, besides: Int64Array) -> Int64Array:
        """All else that the customer may be shown, what sells best first."""
        used = self._barred.copy()
        used[besides] = True
        if self.query.mode == "new":
            used[self.profiles.product[self.profiles.row == row]] = True
        popular = self.bound.catalogue.popular
        more = popular[~used[popular]]
        for repeat, keys in self._repeats:
            more = more[~repeat.barred(keys, row, more)]
        return more

    def _below(self, scores: Float32Array, count: int) -> Float32Array:
        """Scores for so many products behind those that have some."""
        lowest = float(scores.min()) if len(scores) else 0.0
        return (lowest - STEP * np.arange(1, count + 1)).astype(np.float32)


def by_score(pairs: Candidates, scores: Float32Array) -> Int64Array:
    """The positions of pairs by row, the best first; of equal scores the smaller product code."""
    return np.lexsort((pairs.product, -scores, pairs.row)).astype(np.int64, copy=False)


def top(pairs: Candidates, scores: Float32Array, k: int, order: Int64Array | None = None) -> RankedLists:
    """The first k of each row in an order of the pairs; without one the best."""
    order = by_score(pairs, scores) if order is None else order
    row = pairs.row[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row) + 1
    best, rule = order[rank <= k], np.full(int((rank <= k).sum()), -1, dtype=np.int64)
    return RankedLists(pairs.row[best], rank[rank <= k], pairs.product[best], scores[best], pairs.source[best], rule)


def _joined(parts: list[RankedLists]) -> RankedLists:
    names = ("row", "rank", "product", "score", "source", "rule")
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    order = np.lexsort((columns[1], columns[0]))
    row, rank, product, score, source, rule = (column[order] for column in columns)
    return RankedLists(row, rank, product, score, source, rule)
