"""Which products make bundles: pairs by the baskets they share, triples by what goes with the best pairs.

Many millions of pairs are looked at, so that some share baskets by luck. A pair counts where the chance that unrelated
products share so many (Poisson, of as many baskets as there are independent ones) stays below what Benjamini and
Hochberg (1995) ask for, so that one in twenty of those found is a false one, of all pairs of products with enough
baskets. The interval of a lift has the level of Benjamini and Yekutieli (2005, "False discovery rate-adjusted multiple
confidence intervals for selected parameters"): it holds for what was selected.

A triple counts where each two of its products make a pair that counts; its lift is that of the product that belongs to
the other two the least, so that it can stand beside pairs, and nothing rides along.

Room: pairs are counted in blocks of products, never as a matrix of all products by all, and the strongest of each
product are kept; a basket of more than MOST_PRODUCTS products, whose pairs are its square and say nothing, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp
from scipy import special

from models.arrays import BoolArray, Float64Array, Int64Array
from models.recommendation.bundles.lift import CHUNK, BasketCounts, Lifts
from models.recommendation.order_baskets import OrderBaskets

LEAST_BASKETS: Final = 10
LEAST_CUSTOMERS: Final = 5
MOST_PRODUCTS: Final = 200
PERIOD_DAYS: Final = 28
FALSE_SHARE: Final = 0.05
"""Of the bundles found, so many may be false, and so many intervals may miss."""
_LOOKED_AT: Final = 40
"""Pairs of each product whose customers are looked at."""
_EXTENDED: Final = 5
"""Pairs of each product to which a third is looked for."""
_BLOCK: Final = 512


@dataclass(frozen=True)
class FoundBundles:
    """`products` are codes ascending within a row, -1 for no third, shape (M, 3); the best lower bound first."""

    products: Int64Array
    lifts: Lifts
    low: Float64Array
    high: Float64Array

    def __len__(self) -> int:
        return len(self.products)

    @classmethod
    def of(cls, products: Int64Array, lifts: Lifts, tests: float, counted: int) -> FoundBundles:
        """Those that count, of so many that could have been, so many of which were bought often enough."""
        enough = (lifts.baskets >= LEAST_BASKETS) & (lifts.customers >= LEAST_CUSTOMERS)
        passed = discoveries(np.where(enough, lifts.p_value, 1.0), tests)
        low, high = lifts.rows(passed).interval(FALSE_SHARE * len(passed) / max(counted, len(passed), 1))
        above = low > lifts.by_chance[passed]
        rows = passed[above]
        return cls(products[rows], lifts.rows(rows), low[above], high[above])

    def rows(self, rows: Int64Array | BoolArray) -> FoundBundles:
        """Some of them."""
        chosen = np.arange(len(self))[rows]
        return FoundBundles(self.products[chosen], self.lifts.rows(chosen), self.low[chosen], self.high[chosen])

    def ordered(self) -> FoundBundles:
        """By the lower bound of the lift; of equal ones the more bought, then the codes."""
        keys = (*self.products.T[::-1], -self.lifts.baskets, -self.low)
        return self.rows(np.lexsort(keys).astype(np.int64))

    def best_of_each(self, count: int) -> FoundBundles:
        """Those that are among the so many first of at least one of their products."""
        return self.rows(among_first(self.products, count))


def find(baskets: OrderBaskets, keep: int) -> FoundBundles:
    """Pairs and triples, about `keep` of either for each product at most, the best lower bound first."""
    used = np.asarray(baskets.products.sum(axis=1)).ravel() <= MOST_PRODUCTS
    used &= ~np.isnat(baskets.bought_at)
    days = baskets.bought_at[used].astype("datetime64[D]").astype(np.int64)
    period = (days - days.min()) // PERIOD_DAYS if len(days) else days
    counts = BasketCounts(baskets.products[used], baskets.customer[used], period)
    pairs = _pairs(counts)
    triples = _triples(counts, pairs)
    return _joined(pairs.best_of_each(keep), triples.best_of_each(keep)).ordered()


def among_first(products: Int64Array, count: int) -> BoolArray:
    """Which rows are among the first `count` of one of their products (codes, -1: none), shape (M,)."""
    chosen = np.zeros(len(products), dtype=bool)
    row, place = np.nonzero(products >= 0)
    code = products[row, place]
    order = np.lexsort((row, code))
    number = np.arange(len(order)) - np.searchsorted(code[order], code[order])
    chosen[row[order][number < count]] = True
    return chosen


def discoveries(p_values: Float64Array, tests: float, false_share: float = FALSE_SHARE) -> Int64Array:
    """The rows that Benjamini and Hochberg's step-up keeps of `tests`, those not given counting as 1."""
    order = np.argsort(p_values, kind="stable")
    limits = false_share * np.arange(1, len(order) + 1) / max(tests, 1.0)
    below = np.flatnonzero(p_values[order] <= limits)
    return np.sort(order[: below[-1] + 1] if len(below) else order[:0]).astype(np.int64)


def _pairs(counts: BasketCounts) -> FoundBundles:
    enough = int((counts.of_product >= LEAST_BASKETS).sum())
    tests = enough * (enough - 1) / 2
    products, counted = _candidates(counts, tests)
    lifts = counts.lifts(products[:, :1], products[:, 1])
    table = np.column_stack([products, np.full(len(products), -1, dtype=np.int64)])
    return FoundBundles.of(table, lifts, tests, counted).ordered()


def _candidates(counts: BasketCounts, tests: float) -> tuple[Int64Array, int]:
    """The pairs of each product furthest beyond chance, shape (M, 2), and how many were bought often enough.

    Chance is as if all baskets were independent: what does not pass so does not pass by customers.
    """
    room = counts.room(counts.products, 1)
    counted = 0
    pairs, p_values, beyond = [np.zeros((0, 2), dtype=np.int64)], [np.zeros(0)], [np.zeros(0)]
    for first in range(0, len(room), _BLOCK):
        shared = (counts.products[:, first : first + _BLOCK].T @ counts.products).tocoo()
        enough = (shared.data >= LEAST_BASKETS) & (shared.row + first < shared.col)
        one, other = shared.row[enough].astype(np.int64) + first, shared.col[enough].astype(np.int64)
        n = shared.data[enough]
        counted += len(n)
        expected = np.maximum(room[one], room[other]) * counts.expected(one, other)
        p_value = special.gammainc(n, expected)
        rare = p_value <= FALSE_SHARE  # no step of the step-up asks for less
        one, other, n, expected = one[rare], other[rare], n[rare], expected[rare]
        pairs.append(np.column_stack([one, other]))
        p_values.append(p_value[rare])
        # The log likelihood ratio: it orders what is all but impossible, too.
        beyond.append(special.xlogy(n, n / np.maximum(expected, 1e-12)) - n + expected)
    table = np.concatenate(pairs)
    passed = discoveries(np.concatenate(p_values), tests)
    ordered = passed[np.argsort(-np.concatenate(beyond)[passed], kind="stable")]
    return table[ordered][among_first(table[ordered], _LOOKED_AT)], counted


def _triples(counts: BasketCounts, pairs: FoundBundles) -> FoundBundles:
    size = len(counts.of_product)
    one, other = pairs.products[:, 0], pairs.products[:, 1]
    shared = sp.csr_matrix((pairs.lifts.baskets.astype(float), (one, other)), shape=(size, size))
    shared = (shared + shared.T).tocsr()
    seeds = pairs.best_of_each(_EXTENDED).products[:, :2]
    looked_at = 0
    found = [np.zeros((0, 3), dtype=np.int64)]
    for first in range(0, len(seeds), CHUNK):
        seed = seeds[first : first + CHUNK]
        with_both = (shared[seed[:, 0]] > 0).multiply(shared[seed[:, 1]] > 0)
        looked_at += with_both.nnz
        together = (counts.holding(seed).T @ counts.products).multiply(with_both).tocoo()
        enough = together.data >= LEAST_BASKETS
        third = together.col[enough].astype(np.int64)
        found.append(np.sort(np.column_stack([seed[together.row[enough]], third]), axis=1))
    triples = np.unique(np.concatenate(found), axis=0)
    if not len(triples):
        return pairs.rows(np.zeros(0, dtype=np.int64))
    return FoundBundles.of(triples, _least_lifts(counts, triples), float(looked_at), len(triples)).ordered()


def _least_lifts(counts: BasketCounts, triples: Int64Array) -> Lifts:
    """Of each triple the lift of the product that belongs to the other two the least."""
    each = [counts.lifts(np.delete(triples, place, axis=1), triples[:, place]) for place in range(3)]
    least = np.argmin(np.stack([lifts.lift for lifts in each]), axis=0)
    return Lifts.joined(each).rows(least * len(triples) + np.arange(len(triples)))


def _joined(first: FoundBundles, second: FoundBundles) -> FoundBundles:
    return FoundBundles(
        np.concatenate([first.products, second.products]),
        Lifts.joined([first.lifts, second.lifts]),
        np.concatenate([first.low, second.low]),
        np.concatenate([first.high, second.high]),
    )
