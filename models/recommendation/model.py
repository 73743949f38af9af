"""A recommender: what is known of products, and a ranker. The served model and every baseline is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from models import artifact
from models.arrays import Float32Array, Int64Array
from models.recommendation import cold_start, explain, golden, rankers, related_items
from models.recommendation.candidates import CandidateLimits, Candidates, CandidateSource, candidates
from models.recommendation.catalogue import KEY, Catalogue
from models.recommendation.history import IDS, Histories
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.profiles import UserProfiles
from models.recommendation.rankers import Mode, Ranker

BASKET_BOOST = 2.0
"""What a product that always shares the basket gains: twice the deviation of a customer's scores."""


@dataclass(frozen=True)
class Recommended:
    """One product for a customer; `score` is comparable within the list only."""

    product_id: str
    score: float
    source: str
    reason: str


@dataclass(frozen=True)
class RankedLists:
    """The best products of a block of customers, by ascending row and rank (from 1)."""

    row: Int64Array
    rank: Int64Array
    product: Int64Array
    score: Float32Array
    source: Int64Array


class Recommender:
    """Recommends products.

    Pure and safe to use from several threads: nothing but the last prepared catalogue is kept.
    """

    def __init__(self, statistics: ItemStatistics, ranker: Ranker, limits: CandidateLimits | None = None) -> None:
        self.item_statistics = statistics
        self.ranker = ranker
        self.limits = limits or CandidateLimits()
        self.golden: dict[str, Any] | None = None
        self._prepared: tuple[object, ItemItemIndex] | None = None

    @property
    def trained_as_of(self) -> date:
        """The first day it knows nothing of."""
        return self.item_statistics.as_of

    @cached_property
    def products(self) -> list[str]:
        """The ids of all products it may recommend."""
        return [str(each) for each in self.item_statistics.catalogue.ids]

    @cached_property
    def index(self) -> ItemItemIndex:
        """The products as they were when it was trained."""
        return ItemItemIndex.of(self.item_statistics.catalogue, self.item_statistics.neighbours)

    def best(self, profiles: UserProfiles, mode: Mode, k: int) -> RankedLists:
        """The k best candidates of each customer; fewer where there are not so many."""
        pairs = candidates(profiles, self.limits, history=mode == "all")
        return _top(pairs, self.ranker.score(profiles, pairs, mode), k)

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
    ) -> list[Recommended]:
        """At most k products for one customer.

        Args:
            history: the customer's row of `customer_history`; None for a guest or without consent.
            catalogue: columns of `product_features`, `product_id` among them; None or empty: those of the training.
            k: how many.
            mode: `new` for products the customer never bought only.
            exclude: product ids that are left out.
            basket: product ids in the basket now: left out, and what goes with them comes first.
            region: for guests, where they are; one that sold nothing counts as none.
        """
        index = self._index(catalogue)
        products = index.catalogue
        region = region if (self.item_statistics.regions.region == region).any() else None
        unwanted = set(products.codes([*exclude, *basket]).tolist())
        in_basket = products.codes(list(basket))
        in_basket = in_basket[in_basket >= 0]
        if history is None or history.get(IDS) is None or not len(history[IDS]):
            ranked = cold_start.ranked(self.item_statistics, index, in_basket, region)
            found = [each for each in ranked if each[0] not in unwanted][:k]
            return [
                Recommended(str(products.ids[p]), s, source.label, explain.cold(index, source, region))
                for p, s, source in found
            ]
        profiles = UserProfiles(Histories.one(history, products), index)
        pairs = candidates(profiles, self.limits, history=mode == "all")
        pairs, boost = self._with_basket(profiles, pairs, in_basket, mode)
        scores = self.ranker.score(profiles, pairs, mode)
        if len(in_basket):
            scores = rankers.standardised(scores, pairs.row) + boost
        wanted = ~np.isin(pairs.product, list(unwanted))
        top = _top(pairs.where(wanted), scores[wanted], k)
        why = explain.Explainer(profiles, in_basket)
        items = [
            Recommended(
                str(products.ids[p]), float(s), CandidateSource(o).label, why.reason(int(p), CandidateSource(o))
            )
            for p, s, o in zip(top.product, top.score, top.source, strict=True)
        ]
        return items + self._filling(items, profiles, k, mode, unwanted)

    def similar(self, product_id: str, k: int = 10) -> list[tuple[str, float]]:
        """At most k products that speak most for the same customers; none for an unknown product."""
        return related_items.similar(self.index, product_id, k)

    def bought_together(self, product_id: str, k: int = 10) -> list[tuple[str, float]]:
        """At most k products that most often share a basket with it; none for an unknown product."""
        return related_items.bought_together(self.item_statistics.cooccurrence, product_id, k)

    def save(self, directory: Path) -> None:
        """Write everything as data into a sealed directory."""
        with artifact.saving(directory) as staging:
            self.item_statistics.save(staging)
            self.ranker.save(staging)
            artifact.write_json(staging / "limits.json", vars(self.limits))
            golden.save(self, staging)

    @classmethod
    def load(cls, directory: Path) -> Recommender:
        """What `save` wrote.

        Raises:
            StoreError: the directory is damaged.
        """
        artifact.verify(directory)
        limits = CandidateLimits(**artifact.read_json(directory / "limits.json"))
        model = cls(ItemStatistics.load(directory), rankers.load(directory), limits)
        model.golden = artifact.read_json(directory / golden.FILE)
        return model

    def _index(self, columns: Mapping[str, Sequence[Any]] | None) -> ItemItemIndex:
        """The catalogue as given, prepared once for as long as the same object is given."""
        if not columns or KEY not in columns:
            return self.index
        prepared = self._prepared
        if prepared is None or prepared[0] is not columns:
            prepared = (columns, ItemItemIndex.of(Catalogue.of(columns), self.item_statistics.neighbours))
            self._prepared = prepared
        return prepared[1]

    def _with_basket(
        self, profiles: UserProfiles, pairs: Candidates, basket: Int64Array, mode: Mode
    ) -> tuple[Candidates, Float32Array]:
        """The candidates and what goes with the basket, and what each gains from it."""
        if not len(basket):
            return pairs, np.zeros(0, dtype=np.float32)
        strength = cold_start.with_basket(self.item_statistics, profiles.index, basket)
        bought = profiles.product if mode == "new" else np.zeros(0, dtype=np.int64)
        more = np.setdiff1d(np.flatnonzero(strength > 0), np.concatenate([pairs.product, bought]))
        entry = np.full(len(profiles.index.catalogue), -1, dtype=np.int64)
        entry[profiles.product] = profiles.entry
        source = np.full(len(more), CandidateSource.BASKET, dtype=np.int64)
        added = Candidates(np.zeros(len(more), dtype=np.int64), more, entry[more], source)
        names = ("row", "product", "entry", "source")
        joined = Candidates(*(np.concatenate([getattr(pairs, n), getattr(added, n)]) for n in names))
        return joined, np.float32(BASKET_BOOST) * strength[joined.product]

    def _filling(
        self, items: Sequence[Recommended], profiles: UserProfiles, k: int, mode: Mode, unwanted: set[int]
    ) -> list[Recommended]:
        """What sells best, where a customer has fewer than k candidates."""
        if len(items) >= k:
            return []
        catalogue = profiles.index.catalogue
        used = {*unwanted, *catalogue.codes([item.product_id for item in items]).tolist()}
        used |= set(profiles.product.tolist()) if mode == "new" else set()
        more = cold_start.fill(catalogue, used, k - len(items))
        below = items[-1].score if items else 0.0
        text = explain.cold(profiles.index, CandidateSource.POPULAR, None)
        return [
            Recommended(str(catalogue.ids[p]), below - 0.001 * (i + 1), CandidateSource.POPULAR.label, text)
            for i, p in enumerate(more)
        ]


def _top(pairs: Candidates, scores: Float32Array, k: int) -> RankedLists:
    """The k best of each row; of equal scores the smaller product code."""
    order = np.lexsort((pairs.product, -scores, pairs.row))
    row = pairs.row[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row) + 1
    best = order[rank <= k]
    return RankedLists(pairs.row[best], rank[rank <= k], pairs.product[best], scores[best], pairs.source[best])
