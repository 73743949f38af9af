"""Gamma-Gamma, the model of what a purchase is worth.

Fader, Hardie (2013), The Gamma-Gamma Model of Monetary Value. A purchase of a customer is gamma(p, nu) with a nu of
their own, which is gamma(q, gamma). A customer's mean is shrunk towards the shop's, the more the fewer purchases.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from models.arrays import Float64Array

LEAST = 10
"""Customers with a positive mean whom a fit needs; with fewer everybody is expected to pay the same."""
_MOST_FITTED = 20_000


class Money(NamedTuple):
    """p, q > 1 and gamma; `mean` is what a purchase of an unknown customer is worth."""

    p: float
    q: float
    gamma: float

    @property
    def mean(self) -> float:
        """The expected spend of a purchase of a customer of whom nothing is known."""
        return self.gamma * self.p / (self.q - 1)


def log_likelihood(money: Money, purchases: Float64Array, mean: Float64Array) -> Float64Array:
    """Of each customer's mean spend, given the number of purchases."""
    p, q, gamma = money
    shape = p * purchases
    const = gammaln(shape + q) - gammaln(shape) - gammaln(q)
    return np.asarray(
        const
        + q * np.log(gamma)
        + (shape - 1) * np.log(mean)
        + shape * np.log(purchases)
        - (shape + q) * np.log(gamma + purchases * mean)
    )


def fit(purchases: Float64Array, mean: Float64Array, seed: int) -> Money:
    """The parameters of the greatest likelihood, over customers who paid more than they got back."""
    rows = np.flatnonzero((mean > 0) & (purchases > 0))
    if len(rows) < LEAST:
        return Money(1.0, 2.0, max(float(np.maximum(mean, 0).mean()) if len(mean) else 0.0, 1e-6))
    if len(rows) > _MOST_FITTED:
        rows = np.random.default_rng(seed).choice(rows, _MOST_FITTED, replace=False)
    scale = float(mean[rows].mean())
    n, m = purchases[rows], mean[rows] / scale

    def loss(logs: Float64Array) -> float:
        p, q, gamma = np.exp(logs)
        return -float(log_likelihood(Money(p, 1 + q, gamma), n, m).mean())

    found = minimize(loss, np.log([2.0, 2.0, 1.0]), method="L-BFGS-B", bounds=[(-4.0, 6.0), (-3.0, 6.0), (-6.0, 8.0)])
    p, q, gamma = (float(value) for value in np.exp(found.x))
    return Money(p, 1 + q, gamma * scale)


def expected_spend(money: Money, purchases: Float64Array, mean: Float64Array) -> Float64Array:
    """E[spend of the next purchase | mean so far]; what was only given back counts as nothing paid."""
    p, q, gamma = money
    return np.asarray(p * (gamma + purchases * np.maximum(mean, 0.0)) / (p * purchases + q - 1))
