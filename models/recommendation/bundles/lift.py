"""How far products share baskets beyond chance: the lift, its error, and what it is by chance alone.

Lift (Brin, Motwani, Ullman, Tsur 1997, "Dynamic itemset counting"): the baskets with both over n_a n_b / N, those that
would have both if neither had to do with the other; here summed over periods, as Mantel and Haenszel (1959) sum strata,
so that two products do not go together by being sold in the same months. The error of its logarithm follows by the
delta method, from sums within customers (Liang and Zeger 1986): a household that buys the same two things every week
says it once. With one period and every basket another customer's it is 1/n_ab - 1/n_a - 1/n_b + (2 lift - 1) / N.
Student's t with as many degrees of freedom as customers who bought both, less one, keeps a few customers from saying
much.

By chance alone the lift is not 1: a large basket has more of everything. What has nothing to do with a product is found
beside it as often as its baskets have room: their mean number of other products over the mean of all baskets, and
no less often than elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp
from scipy import special, stats

from models.arrays import Float64Array, Int64Array

CHUNK: Final = 1024
"""So many bundles are counted at once: what is held beside the baskets is theirs alone."""


@dataclass(frozen=True)
class Lifts:
    """Of M bundles, shape (M,) each: counts, the lift, the lift by chance, the error of log lift, and its p-value.

    The p-value is the chance that what has nothing to do with each other shares so many baskets: Poisson, of as many
    as are independent (Kish 1965).
    """

    baskets: Int64Array
    customers: Int64Array
    lift: Float64Array
    by_chance: Float64Array
    error: Float64Array
    p_value: Float64Array

    def interval(self, level: float) -> tuple[Float64Array, Float64Array]:
        """The bounds between which the lift lies with a chance of 1 - `level`."""
        reach = self.error * stats.t.isf(level / 2, np.maximum(self.customers - 1, 1))
        return self.lift * np.exp(-reach), self.lift * np.exp(reach)

    def rows(self, rows: Int64Array) -> Lifts:
        """Some of them."""
        return Lifts(**{name: values[rows] for name, values in vars(self).items()})

    @staticmethod
    def joined(parts: Sequence[Lifts]) -> Lifts:
        """All of several, in their order; at least one."""
        return Lifts(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})


class BasketCounts:
    """Baskets ready to be counted, by basket, by customer and by period."""

    def __init__(self, products: sp.csr_matrix, customer: Int64Array, period: Int64Array) -> None:
        """`products` has ones, shape (B, I); `customer` and `period` are codes from 0, shape (B,)."""
        order = np.argsort(customer, kind="stable")  # a customer's baskets lie side by side
        self.products = products[order].astype(float).tocsc()
        self.customer, self.period = customer[order], period[order]
        self.size = np.asarray(products.sum(axis=1), dtype=float).ravel()[order]
        self.mean_size = max(float(self.size.mean()), 1e-9) if len(self.size) else 1.0
        self.in_period = np.maximum(np.bincount(period), 1).astype(float)
        self.customer_shares = np.bincount(customer) / max(len(customer), 1)
        self.of_product = _totals(self.products)
        shape = (len(self.in_period), len(order))
        weights = 1 / np.sqrt(self.in_period[self.period])
        weighted = sp.csr_matrix((weights, (self.period, np.arange(len(order)))), shape=shape)
        self._rates = (weighted @ self.products).T.tocsr()
        """Baskets of each product and period over the root of the period's, shape (I, T)."""

    def __len__(self) -> int:
        return len(self.size)

    def holding(self, products: Int64Array) -> sp.csc_matrix:
        """Which baskets hold all of each row's products, shape (B, M); `products` are codes, (M, members)."""
        held = self.products[:, products[:, 0]]
        for members in products.T[1:]:
            held = held.multiply(self.products[:, members]).tocsc()
        return held

    def room(self, held: sp.csc_matrix, members: int) -> Float64Array:
        """The lift of what has nothing to do with it, shape (M,)."""
        others: Float64Array = held.T @ np.maximum(self.size - members, 0)
        return np.maximum(others / np.maximum(_totals(held), 1) / self.mean_size, 1.0)

    def expected(self, one: Int64Array, other: Int64Array) -> Float64Array:
        """Baskets with both of two products if neither had to do with the other, shape (M,)."""
        return np.asarray(self._rates[one].multiply(self._rates[other]).sum(axis=1), dtype=float).ravel()

    def lifts(self, rest: Int64Array, other: Int64Array) -> Lifts:
        """Of what is in each row of `rest`, (M, members), with `other`, (M,)."""
        starts = range(0, max(len(other), 1), CHUNK)
        return Lifts.joined(
            [self._lifts(rest[first : first + CHUNK], other[first : first + CHUNK]) for first in starts]
        )

    def _lifts(self, rest: Int64Array, other: Int64Array) -> Lifts:
        held, alone = self.holding(rest), self.products[:, other]
        both = held.multiply(alone).tocsc()
        count = _totals(both)
        held_share, alone_share = self._shares(held), self._shares(alone)
        expected = (held_share * alone_share * self.in_period[:, None]).sum(axis=0)
        safe = np.maximum(expected, 1e-12)
        influence = _times(both, 1 / np.maximum(count, 1)) - self._times(held, alone_share / safe)
        influence -= self._times(alone, held_share / safe)
        squares, _ = self._squares(influence, self.customer_shares)
        told, customers = self._squares(both, np.zeros(len(self.customer_shares)))
        independent = count / np.maximum(told, 1)
        by_chance = np.maximum(self.room(held, rest.shape[1]), self.room(alone, 1))
        return Lifts(
            count.astype(np.int64),
            customers,
            count / safe,
            by_chance,
            np.sqrt(np.maximum(squares, 0.0)),
            special.gammainc(np.maximum(count * independent, 1e-9), by_chance * expected * independent),
        )

    def _shares(self, held: sp.csc_matrix) -> Float64Array:
        """The share of each period's baskets, shape (T, M)."""
        size = (len(self.in_period), held.shape[1])
        counts = np.bincount(self.period[held.indices] * size[1] + _columns(held), minlength=size[0] * size[1])
        return np.asarray(counts.reshape(size) / self.in_period[:, None], dtype=float)

    def _times(self, held: sp.csc_matrix, by_period: Float64Array) -> sp.csc_matrix:
        """Each basket times a number of its period and bundle, (T, M)."""
        data = held.data * by_period[self.period[held.indices], _columns(held)]
        return sp.csc_matrix((data, held.indices, held.indptr), shape=held.shape)

    def _squares(self, values: sp.csc_matrix, added: Float64Array) -> tuple[Float64Array, Int64Array]:
        """Each customer's sum with what is `added` to it, (C,), squared and summed; how many have any; (M,) each."""
        count = values.shape[1]
        values.sort_indices()
        if not values.nnz:
            return np.full(count, added @ added), np.zeros(count, dtype=np.int64)
        column, customer = _columns(values), self.customer[values.indices]
        first = np.r_[True, (column[1:] != column[:-1]) | (customer[1:] != customer[:-1])].nonzero()[0]
        sums = np.add.reduceat(values.data, first)
        squares = np.bincount(column[first], sums * (sums + 2 * added[customer[first]]), minlength=count)
        return squares + added @ added, np.bincount(column[first], minlength=count).astype(np.int64)


def _columns(values: sp.csc_matrix) -> Int64Array:
    """The column of each entry."""
    return np.repeat(np.arange(values.shape[1]), np.diff(values.indptr)).astype(np.int64)


def _times(values: sp.csc_matrix, by_column: Float64Array) -> sp.csc_matrix:
    return sp.csc_matrix((values.data * by_column[_columns(values)], values.indices, values.indptr), shape=values.shape)


def _totals(values: sp.csc_matrix) -> Float64Array:
    return np.asarray(values.sum(axis=0), dtype=float).ravel()
