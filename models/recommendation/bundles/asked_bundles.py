"""The bundles of a product as they are answered: those that may be shown, with what they earn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from models.arrays import Int64Array
from models.recommendation.audience.asked_product import AskedProduct
from models.recommendation.bundles import scenes
from models.recommendation.bundles.bundle_table import BundleTable
from models.recommendation.catalogue import Catalogue
from models.recommendation.unit_margins import margins

Missing = Literal["new_product", "unknown_product", "pairs_only"]
_FIGURES: Final = ("support", "lift", "lift_low", "lift_high", "lift_by_chance")
_KEPT_OUT: Final = "the product itself can't be had, or rules keep it out"


@dataclass(frozen=True)
class Bundle:
    """`product_ids` begins with the product asked for, if it is one of them; the figures of pairs without counts are
    None, as is the margin where a price or a cost is not known. `told_by` is the product alike whose bundle it is."""

    product_ids: tuple[str, ...]
    scene: str
    baskets: int | None = None
    support: float | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    lift_by_chance: float | None = None
    margin: float | None = None
    told_by: str | None = None


@dataclass(frozen=True)
class BundleList:
    """`missing` is what was missing, if anything was; `shortfall` why there are fewer than k, where there are."""

    items: Sequence[Bundle]
    missing: Missing | None = None
    shortfall: str | None = None


@dataclass(frozen=True)
class BundleShelf:
    """What bundles are taken from, and what may be shown now.

    `table` is None of a version that counted none: `pairs` tells with what a product was bought.
    """

    table: BundleTable | None
    pairs: Callable[[str], Sequence[str]]
    catalogue: Catalogue
    hidden: Set[str]
    unit_costs: Mapping[str, float]

    def of_known(self, product_id: str, k: int) -> BundleList:
        """At most k bundles with a product of the catalogue."""
        if product_id in self.hidden:
            return BundleList([], None, _KEPT_OUT)
        if self.table is None:
            found = [self._pair(product_id, other) for other in self.pairs(product_id)]
            return self._list(found, k, "pairs_only")
        rows = self._varied(self.table.with_product(product_id))
        return self._list((self._row(row, product_id) for row in rows), k)

    def of_new(self, asked: AskedProduct, list_price: float, k: int, *, kept_out: bool) -> BundleList:
        """At most k bundles of the products alike, with the new one in their place, the most alike and surest first.

        Args:
            asked: told by products alike.
            list_price: of the new product, base currency; NaN where it is not known.
            k: how many.
            kept_out: whether the new product itself may not be shown.
        """
        if kept_out:
            return BundleList([], "new_product", _KEPT_OUT)
        best: dict[frozenset[str], tuple[float, Bundle]] = {}
        for like, weight in zip(asked.alike, asked.weights / asked.weights.max(), strict=True):
            for bundle in self._of_like(like):
                others = [each for each in bundle.product_ids if each != like]
                sure = float(weight) * (bundle.lift_low or 1.0)
                if asked.product_id not in others and sure > best.get(frozenset(others), (0.0, None))[0]:
                    ids = (asked.product_id, *others)
                    margin = self._margin(ids, {asked.product_id: list_price})
                    told = replace(bundle, product_ids=ids, margin=margin, told_by=like)
                    best[frozenset(others)] = sure, told
        found = [bundle for _, bundle in sorted(best.values(), key=lambda each: -each[0])]
        return self._list(found, k, "new_product")

    def most_bought(self, k: int) -> BundleList:
        """For a product that nobody knows: the bundles that most baskets hold."""
        if self.table is None:
            return BundleList([], "unknown_product", "the product is not known")
        rows = np.argsort(-self.table.columns["baskets"], kind="stable")
        return self._list((self._row(int(row)) for row in rows), k, "unknown_product")

    def _of_like(self, like: str) -> Iterator[Bundle]:
        if self.table is None:
            return (self._pair(like, other) for other in self.pairs(like))
        return (self._row(int(row), like) for row in self.table.with_product(like))

    def _list(self, found: Iterable[Bundle], k: int, missing: Missing | None = None) -> BundleList:
        items: list[Bundle] = []
        hidden = 0
        for bundle in found:
            if not self.hidden.isdisjoint(bundle.product_ids):
                hidden += 1
            elif len(items) < k:
                items.append(bundle)
            else:
                break
        return BundleList(items, missing, None if len(items) == k else _shortfall(len(items), hidden))

    def _varied(self, rows: Int64Array) -> Iterator[int]:
        """In their order, but a choice of one kind in every other place at most, while there are others."""
        assert self.table is not None
        of_one_kind = self.table.columns["of_one_kind"]
        queues = {kind: [int(row) for row in rows[::-1] if of_one_kind[row] == kind] for kind in (True, False)}
        last = False
        while queues[True] or queues[False]:
            if not (queues[True] and queues[False]):
                last = bool(queues[True])
            elif last:
                last = False
            else:
                last = queues[True][-1] < queues[False][-1]
            yield queues[last].pop()

    def _row(self, row: int, first: str | None = None) -> Bundle:
        assert self.table is not None
        members = self.table.members(row)
        ids = members if first is None else (first, *(each for each in members if each != first))
        columns = self.table.columns
        support, lift, low, high, by_chance = (float(columns[name][row]) for name in _FIGURES)
        scene, baskets = str(columns["scene"][row]), int(columns["baskets"][row])
        return Bundle(ids, scene, baskets, support, lift, low, high, by_chance, self._margin(ids))

    def _pair(self, product_id: str, other: str) -> Bundle:
        ids = (product_id, other)
        codes = [int(code) for code in self.catalogue.codes(list(ids)) if code >= 0]
        return Bundle(ids, scenes.told(codes, self.catalogue) if codes else "", margin=self._margin(ids))

    def _margin(self, ids: Sequence[str], prices: Mapping[str, float] = MappingProxyType({})) -> float | None:
        """Of one of each, base currency; `prices` are of those that the catalogue does not have."""
        codes = self.catalogue.codes(list(ids))
        paid = [
            self.catalogue.numbers["price"][code] if code >= 0 else prices.get(each, np.nan)
            for code, each in zip(codes, ids, strict=True)
        ]
        costs = [self.unit_costs.get(each, np.nan) for each in ids]
        total = float(margins(np.array(paid, dtype=float), np.array(costs, dtype=float)).sum())
        return round(total, 4) if np.isfinite(total) else None


def _shortfall(found: int, hidden: int) -> str:
    why = "no other shares its baskets often enough to be no coincidence"
    if hidden:
        why += f"; {hidden:,} can't be had, or are kept out by rules"
    return f"{found:,} {'bundle is' if found == 1 else 'bundles are'} known: {why}"
