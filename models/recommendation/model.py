"""A recommender: what is known of products, and a ranker. The served model and every baseline is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from models import artifact
from models.arrays import BoolArray, Int64Array
from models.recommendation import golden, rankers, related_items
from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.bundles.asked_bundles import BundleShelf
from models.recommendation.bundles.bundle_table import KEEP
from models.recommendation.candidate_sources import INTEREST
from models.recommendation.candidates import CandidateLimits, CandidateSource
from models.recommendation.catalogue import KEY, Catalogue
from models.recommendation.explain import Explainer
from models.recommendation.history import IDS, PurchaseHistories
from models.recommendation.interests import RecentInterest
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.merchandising.applied_to_list import CHOSEN, AppliedToList
from models.recommendation.merchandising.bound_rules import BoundRules, RuleSet
from models.recommendation.merchandising.rule import Audience
from models.recommendation.pipeline import Pipeline, RankedLists, RankingQuery
from models.recommendation.profiles import UserProfiles
from models.recommendation.rankers import MODES, Mode, Ranker
from models.recommendation.shortfall import shortfall
from models.recommendation.variety.exploration import Exploration
from models.recommendation.variety.list_variety import AS_TRAINED, ListVariety
from models.recommendation.variety.new_arrivals import NewArrivals

NEW_SOURCE: Final = "arrival"
NEW_REASON: Final = "new in the shop"
_DIVERSITY: Final = "diversity.json"
"""An earlier release wrote none: its versions go by the scores alone."""


@dataclass(frozen=True)
class Recommended:
    """One product for a customer; `score` is comparable within the list only."""

    product_id: str
    score: float
    source: str
    reason: str
    rules: tuple[str, ...] = ()
    """The merchandiser's rules that lifted it, or put it in its place."""
    explored: bool = False
    propensity: float = 1.0
    """The chance with which it stands in this list: 1 where nothing is left to chance."""


@dataclass(frozen=True)
class RecommendedList:
    """One customer's list. `left_out` is how many products each rule kept out of it; `unmet` are pins and quotas that
    could not be kept; `shortfall` says why there are fewer than k, where there are; `known` whether the customer bought
    anything that may be recommended, and so is not answered with what sells best."""

    items: list[Recommended]
    left_out: dict[str, int]
    unmet: tuple[str, ...] = ()
    shortfall: str | None = None
    known: bool = True


class Recommender:
    """Recommends products.

    Pure and safe to use from several threads: nothing but what was prepared last is kept.
    """

    def __init__(
        self,
        statistics: ItemStatistics,
        ranker: Ranker,
        limits: CandidateLimits | None = None,
        diversity: Mapping[Mode, float] | None = None,
    ) -> None:
        """`diversity` is what lists of each mode have where nobody asks for another, as its training chose it."""
        self.item_statistics = statistics
        self.ranker = ranker
        self.limits = limits or CandidateLimits()
        self.diversity: Mapping[Mode, float] = diversity or {}
        self.golden: dict[str, Any] | None = None
        self._prepared: tuple[object, BoundStatistics] | None = None
        self._masked: tuple[object, object, BoolArray] | None = None
        self._hidden: tuple[object, object, Set[str]] | None = None
        self._ruled: tuple[object, object, BoundRules] | None = None
        self._arrivals_ruled: tuple[object, object, BoundRules] | None = None
        self._arrivals_grouped: tuple[object, object, Mapping[str, Int64Array]] | None = None

    @property
    def trained_as_of(self) -> date:
        """The first day it knows nothing of."""
        return self.item_statistics.as_of

    @cached_property
    def products(self) -> list[str]:
        """The ids of all products it may recommend."""
        return [str(each) for each in self.item_statistics.catalogue.ids]

    @cached_property
    def bound(self) -> BoundStatistics:
        """The products as they were when it was trained."""
        return self.bind(self.item_statistics.catalogue)

    def bind(self, catalogue: Catalogue) -> BoundStatistics:
        """Its item statistics in the codes of a catalogue, which may be newer."""
        return BoundStatistics.of(self.item_statistics, catalogue)

    def bound_to(self, columns: Mapping[str, Sequence[Any]] | None) -> BoundStatistics:
        """The catalogue as given, prepared once for as long as the same object is given."""
        if not columns or KEY not in columns:
            return self.bound
        prepared = self._prepared
        if prepared is None or prepared[0] is not columns:
            prepared = (columns, self.bind(Catalogue.of(columns)))
            self._prepared = prepared
        return prepared[1]

    def rank(
        self,
        bound: BoundStatistics,
        profiles: UserProfiles,
        personal: BoolArray,
        query: RankingQuery,
        recent: Mapping[int, Sequence[RecentInterest]] | None = None,
    ) -> RankedLists:
        """The lists of a block of customers; `personal` says whose profile may be used, shape (R,).

        `recent` are the interests, by row, of those who have any and allow to use them.
        """
        return self.pipeline(bound, profiles, personal, query, recent).run()

    def pipeline(
        self,
        bound: BoundStatistics,
        profiles: UserProfiles,
        personal: BoolArray,
        query: RankingQuery,
        recent: Mapping[int, Sequence[RecentInterest]] | None = None,
    ) -> Pipeline:
        """What makes these lists, for who looks at its candidates as well."""
        query = replace(query, variety=query.variety.resolved(self.diversity.get(query.mode, 0.0)))
        limit = self.limits.interest
        found = INTEREST.pairs(recent, bound, profiles, limit) if recent and limit else None
        return Pipeline(bound, self.ranker, self.limits, profiles, personal, query, found)

    def recommend(
        self,
        history: Mapping[str, Any] | None,
        catalogue: Mapping[str, Sequence[Any]] | None = None,
        *,
        k: int = 10,
        mode: Mode = "all",
        exclude: Sequence[str] = (),
        basket: Sequence[str] = (),
        region: str | None = None,
        unavailable: Set[str] = frozenset(),
    ) -> list[Recommended]:
        """The products of `recommendation`, without rules of a merchandiser."""
        found = self.recommendation(
            history, catalogue, k=k, mode=mode, exclude=exclude, basket=basket, region=region, unavailable=unavailable
        )
        return found.items

    def recommendation(
        self,
        history: Mapping[str, Any] | None,
        catalogue: Mapping[str, Sequence[Any]] | None = None,
        *,
        k: int = 10,
        mode: Mode = "all",
        exclude: Sequence[str] = (),
        basket: Sequence[str] = (),
        region: str | None = None,
        unavailable: Set[str] = frozenset(),
        rules: RuleSet | None = None,
        audience: Audience | None = None,
        recent: Sequence[RecentInterest] = (),
        variety: ListVariety = AS_TRAINED,
        exploration: Exploration | None = None,
        arrivals: NewArrivals | None = None,
    ) -> RecommendedList:
        """At most k products for one customer, fewer only where no more may be shown.

        Args:
            history: the customer's row of `customer_history`; None for a guest or without consent.
            catalogue: columns of `product_features`, `product_id` among them; None or empty: those of the training.
            k: how many.
            mode: `new` for products the customer never bought only.
            exclude: product ids that are left out.
            basket: product ids in the basket now: left out, and what goes with them comes first.
            region: for guests, where they are; one that sold nothing counts as none.
            unavailable: product ids that can't be had now: left out. The same object is prepared once.
            rules: a merchandiser's that count now. The same object is prepared once.
            audience: for whom, as the rules see it (`RuleSet.audience`).
            recent: what the customer, known or not, looked at and the like (`interests.of_row`).
            variety: what the list is to be besides accurate.
            exploration: which share of its places is left to chance.
            arrivals: new products that these places may show. The same object is prepared once.
        """
        bound = self.bound_to(catalogue)
        region = region if region in bound.regions else None
        in_basket = bound.catalogue.codes(list(basket))
        barred = self._mask(bound, unavailable)
        if exclude or basket:
            barred = barred | bound.mask([*exclude, *basket])
        in_force = self._rules(bound, rules).in_force(audience or Audience()) if rules else None
        if exploration is not None and arrivals is not None:
            out = {*exclude, *basket, *unavailable}
            shown = self._shown_arrivals(bound, arrivals, rules, audience, out)
            groups = {name: codes[shown] for name, codes in self._groups_of(bound, arrivals).items()}
            exploration = replace(exploration, arrivals=shown, arrival_groups=groups)
        query = RankingQuery(k, mode, barred, in_basket[in_basket >= 0], region, in_force, variety, exploration)
        told = history is not None and history.get(IDS) is not None and len(history[IDS]) > 0
        histories = PurchaseHistories.one(history, bound.catalogue) if history and told else PurchaseHistories.empty()
        known = bool(histories.telling[0])
        histories = histories if known else PurchaseHistories.empty()
        profiles, personal = UserProfiles(histories, bound.index), np.array([known])
        ranked = self.rank(bound, profiles, personal, query, {0: recent} if recent else None)
        applied = AppliedToList(in_force, ranked.product, ranked.rule)
        why = Explainer(profiles, None if known else region, recent, bound)
        items = []
        for place, (product, score, source) in enumerate(
            zip(ranked.product, ranked.score, map(CandidateSource, ranked.source), strict=True)
        ):
            names = applied.names(place)
            promoted = names and source is CandidateSource.POPULAR
            reason = CHOSEN if promoted else why.reason(int(product), source)
            items.append(
                Recommended(str(bound.catalogue.ids[product]), float(score), source.label, reason, tuple(names))
            )
        if ranked.drawn is not None:
            items = _explored(items, ranked, bound.catalogue, why, arrivals)
        return RecommendedList(
            items,
            applied.left_out(profiles, personal),
            applied.unmet(k),
            shortfall(profiles, personal, query, len(items)) if len(items) < k else None,
            known,
        )

    def similar(self, product_id: str, k: int = 10, unavailable: Set[str] = frozenset()) -> list[tuple[str, float]]:
        """At most k products that speak most for the same customers; none for an unknown product."""
        return related_items.similar(self.bound.index, product_id, k, self._mask(self.bound, unavailable))

    def knows(self, product_id: str) -> bool:
        """Whether it is one of the products it was trained on."""
        return product_id in self.item_statistics.catalogue.index

    def bought_together(self, product_id: str, k: int = 10) -> list[tuple[str, float]]:
        """At most k products that most often share a basket with it; none for an unknown product."""
        return related_items.bought_together(self.item_statistics.cooccurrence, product_id, k)

    def similar_to_new(
        self, described: pd.Series[Any], k: int = 10, unavailable: Set[str] = frozenset()
    ) -> list[tuple[str, float]]:
        """At most k products most like one that is not known, by what is said of it (see `products_like`)."""
        return related_items.similar_to_new(self.bound.catalogue, described, k, self._mask(self.bound, unavailable))

    def bundle_shelf(
        self, catalogue: Mapping[str, Sequence[Any]] | None, hidden: Set[str], unit_costs: Mapping[str, float]
    ) -> BundleShelf:
        """What bundles are answered from, with the prices of a catalogue, which may be newer."""
        statistics = self.item_statistics
        pairs = partial(related_items.together_with, statistics.cooccurrence, k=KEEP)
        return BundleShelf(statistics.bundles, pairs, self.bound_to(catalogue).catalogue, hidden, unit_costs)

    def save(self, directory: Path) -> None:
        """Write everything as data into a sealed directory."""
        with artifact.saving(directory) as staging:
            self.item_statistics.save(staging)
            self.ranker.save(staging)
            artifact.write_json(staging / "limits.json", vars(self.limits))
            artifact.write_json(staging / _DIVERSITY, dict(self.diversity))
            golden.save(self, staging)

    @classmethod
    def load(cls, directory: Path) -> Recommender:
        """What `save` wrote.

        Raises:
            StoreError: the directory is damaged.
        """
        artifact.verify(directory)
        limits = CandidateLimits(**artifact.read_json(directory / "limits.json"))
        own = artifact.read_json(directory / _DIVERSITY) if (directory / _DIVERSITY).exists() else {}
        diversity: dict[Mode, float] = {mode: float(own[mode]) for mode in MODES if mode in own}
        model = cls(ItemStatistics.load(directory), rankers.load(directory), limits, diversity)
        model.golden = artifact.read_json(directory / golden.FILE)
        return model

    def _shown_arrivals(
        self,
        bound: BoundStatistics,
        arrivals: NewArrivals,
        rules: RuleSet | None,
        audience: Audience | None,
        out: Set[str],
    ) -> Int64Array:
        """Numbers of the new products that no rule bars or counts, and that are not recommended by their sales."""
        catalogue = arrivals.catalogue
        shown = (bound.catalogue.codes(catalogue.ids) < 0) & ~np.isin(catalogue.ids, list(out))
        if rules is not None:
            ruled = self._arrivals_ruled
            if ruled is None or ruled[0] is not arrivals or ruled[1] is not rules:
                ruled = self._arrivals_ruled = (arrivals, rules, rules.bind(catalogue))
            in_force = ruled[2].in_force(audience or Audience())
            shown &= ~in_force.barred
            for members in (*(each.about for each in in_force.repeats), *(each.members for each in in_force.quotas)):
                shown &= ~members
        return np.flatnonzero(shown).astype(np.int64)

    def _groups_of(self, bound: BoundStatistics, arrivals: NewArrivals) -> Mapping[str, Int64Array]:
        """The groups of new products in the codes of the catalogue, prepared once for the same objects."""
        grouped = self._arrivals_grouped
        if grouped is None or grouped[0] is not bound or grouped[1] is not arrivals:
            grouped = self._arrivals_grouped = (bound, arrivals, bound.catalogue.groups_of(arrivals.catalogue))
        return grouped[2]

    def _mask(self, bound: BoundStatistics, unavailable: Set[str]) -> BoolArray:
        """Which products can't be had, looked up once for as long as the same objects are given."""
        masked = self._masked
        if masked is None or masked[0] is not bound or masked[1] is not unavailable:
            masked = (bound, unavailable, bound.mask(unavailable))
            self._masked = masked
        return masked[2]

    def not_to_be_shown(self, unavailable: Set[str], rules: RuleSet | None) -> Set[str]:
        """What can't be had, and what rules keep from who is nowhere and not of age; joined once for each pair."""
        if rules is None:
            return unavailable
        joined = self._hidden
        if joined is None or joined[0] is not unavailable or joined[1] is not rules:
            joined = (
                unavailable,
                rules,
                unavailable | set(self.bound.catalogue.ids[rules.keeps_out(self.bound.catalogue)]),
            )
            self._hidden = joined
        return joined[2]

    def _rules(self, bound: BoundStatistics, rules: RuleSet) -> BoundRules:
        """The rules in the codes of the catalogue, likewise."""
        ruled = self._ruled
        if ruled is None or ruled[0] is not bound or ruled[1] is not rules:
            ruled = (bound, rules, rules.bind(bound.catalogue))
            self._ruled = ruled
        return ruled[2]


def _explored(
    items: list[Recommended], ranked: RankedLists, catalogue: Catalogue, why: Explainer, arrivals: NewArrivals | None
) -> list[Recommended]:
    """The list with what explored places show; a product there bears the score of its place."""
    drawn, behind = ranked.drawn, ranked.behind
    assert drawn is not None
    assert behind is not None
    found = []
    for item, candidate, arrival, chance in zip(items, drawn.candidate, drawn.arrival, drawn.propensity, strict=True):
        shown = item
        if candidate >= 0:
            product, source = int(behind[0, candidate]), CandidateSource(behind[1, candidate])
            named, reason = str(catalogue.ids[product]), why.reason(product, source)
            shown = Recommended(named, item.score, source.label, reason, explored=True)
        elif arrival >= 0 and arrivals is not None:
            named = str(arrivals.catalogue.ids[arrival])
            shown = Recommended(named, item.score, NEW_SOURCE, NEW_REASON, explored=True)
        found.append(replace(shown, propensity=float(chance)))
    return found
