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
from models.recommendation import coldstart, explain, golden, rankers, similar
from models.recommendation.assortment import Assortment
from models.recommendation.candidates import Candidates, Limits, Source, candidates
from models.recommendation.catalogue import KEY, Catalogue, Floats, Ints
from models.recommendation.history import IDS, Histories
from models.recommendation.knowledge import Knowledge
from models.recommendation.rankers import Mode, Ranker
from models.recommendation.taste import Taste

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
class Lists:
    """The best products of a block of customers, by ascending row and rank (from 1)."""

    row: Ints
    rank: Ints
    product: Ints
    score: Floats
    source: Ints


class Recommender:
    """Recommends products.

    Pure and safe to use from several threads: nothing but the last prepared catalogue is kept.
    """

    def __init__(self, knowledge: Knowledge, ranker: Ranker, limits: Limits | None = None) -> None:
        self.knowledge = knowledge
        self.ranker = ranker
        self.limits = limits or Limits()
        self.golden: dict[str, Any] | None = None
        self._prepared: tuple[object, Assortment] | None = None

    @property
    def trained_as_of(self) -> date:
        """The first day it knows nothing of."""
        return self.knowledge.as_of

    @cached_property
    def products(self) -> list[str]:
        """The ids of all products it may recommend."""
        return [str(each) for each in self.knowledge.catalogue.ids]

    @cached_property
    def assortment(self) -> Assortment:
        """The products as they were when it was trained."""
        return Assortment.of(self.knowledge.catalogue, self.knowledge.neighbours)

    def best(self, taste: Taste, mode: Mode, k: int) -> Lists:
        """The k best candidates of each customer; fewer where there are not so many."""
        pairs = candidates(taste, self.limits, history=mode == "all")
        return _top(pairs, self.ranker.score(taste, pairs, mode), k)

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
        assortment = self._assortment(catalogue)
        products = assortment.catalogue
        region = region if (self.knowledge.regions.region == region).any() else None
        unwanted = set(products.codes([*exclude, *basket]).tolist())
        in_basket = products.codes(list(basket))
        in_basket = in_basket[in_basket >= 0]
        if history is None or history.get(IDS) is None or not len(history[IDS]):
            ranked = coldstart.ranked(self.knowledge, assortment, in_basket, region)
            found = [each for each in ranked if each[0] not in unwanted][:k]
            return [
                Recommended(str(products.ids[p]), s, source.label, explain.cold(assortment, source, region))
                for p, s, source in found
            ]
        taste = Taste(Histories.one(history, products), assortment)
        pairs = candidates(taste, self.limits, history=mode == "all")
        pairs, boost = self._with_basket(taste, pairs, in_basket, mode)
        scores = self.ranker.score(taste, pairs, mode)
        if len(in_basket):
            scores = rankers.standardised(scores, pairs.row) + boost
        wanted = ~np.isin(pairs.product, list(unwanted))
        top = _top(pairs.where(wanted), scores[wanted], k)
        why = explain.Explainer(taste, in_basket)
        items = [
            Recommended(str(products.ids[p]), float(s), Source(o).label, why.reason(int(p), Source(o)))
            for p, s, o in zip(top.product, top.score, top.source, strict=True)
        ]
        return items + self._filling(items, taste, k, mode, unwanted)

    def similar(self, product_id: str, k: int = 10) -> list[tuple[str, float]]:
        """At most k products that speak most for the same customers; none for an unknown product."""
        return similar.similar(self.assortment, product_id, k)

    def bought_together(self, product_id: str, k: int = 10) -> list[tuple[str, float]]:
        """At most k products that most often share a basket with it; none for an unknown product."""
        return similar.bought_together(self.knowledge.together, product_id, k)

    def save(self, directory: Path) -> None:
        """Write everything as data into a sealed directory."""
        with artifact.saving(directory) as staging:
            self.knowledge.save(staging)
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
        limits = Limits(**artifact.read_json(directory / "limits.json"))
        model = cls(Knowledge.load(directory), rankers.load(directory), limits)
        model.golden = artifact.read_json(directory / golden.FILE)
        return model

    def _assortment(self, columns: Mapping[str, Sequence[Any]] | None) -> Assortment:
        """The catalogue as given, prepared once for as long as the same object is given."""
        if not columns or KEY not in columns:
            return self.assortment
        prepared = self._prepared
        if prepared is None or prepared[0] is not columns:
            prepared = (columns, Assortment.of(Catalogue.of(columns), self.knowledge.neighbours))
            self._prepared = prepared
        return prepared[1]

    def _with_basket(self, taste: Taste, pairs: Candidates, basket: Ints, mode: Mode) -> tuple[Candidates, Floats]:
        """The candidates and what goes with the basket, and what each gains from it."""
        if not len(basket):
            return pairs, np.zeros(0, dtype=np.float32)
        strength = coldstart.with_basket(self.knowledge, taste.assortment, basket)
        bought = taste.product if mode == "new" else np.zeros(0, dtype=np.int64)
        more = np.setdiff1d(np.flatnonzero(strength > 0), np.concatenate([pairs.product, bought]))
        entry = np.full(len(taste.assortment.catalogue), -1, dtype=np.int64)
        entry[taste.product] = taste.entry
        source = np.full(len(more), Source.BASKET, dtype=np.int64)
        added = Candidates(np.zeros(len(more), dtype=np.int64), more, entry[more], source)
        names = ("row", "product", "entry", "source")
        joined = Candidates(*(np.concatenate([getattr(pairs, n), getattr(added, n)]) for n in names))
        return joined, np.float32(BASKET_BOOST) * strength[joined.product]

    def _filling(
        self, items: Sequence[Recommended], taste: Taste, k: int, mode: Mode, unwanted: set[int]
    ) -> list[Recommended]:
        """What sells best, where a customer has fewer than k candidates."""
        if len(items) >= k:
            return []
        catalogue = taste.assortment.catalogue
        used = {*unwanted, *catalogue.codes([item.product_id for item in items]).tolist()}
        used |= set(taste.product.tolist()) if mode == "new" else set()
        more = coldstart.fill(catalogue, used, k - len(items))
        below = items[-1].score if items else 0.0
        text = explain.cold(taste.assortment, Source.POPULAR, None)
        return [
            Recommended(str(catalogue.ids[p]), below - 0.001 * (i + 1), Source.POPULAR.label, text)
            for i, p in enumerate(more)
        ]


def _top(pairs: Candidates, scores: Floats, k: int) -> Lists:
    """The k best of each row; of equal scores the smaller product code."""
    order = np.lexsort((pairs.product, -scores, pairs.row))
    row = pairs.row[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row) + 1
    best = order[rank <= k]
    return Lists(pairs.row[best], rank[rank <= k], pairs.product[best], scores[best], pairs.source[best])
