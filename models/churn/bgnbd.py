"""BG/NBD, the beta-geometric / negative-binomial model of repeat buying.

Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2). A customer is
described by x repeat purchase days, t_x (the age at the last of them) and T (the age now), in days. While alive
a customer buys at a gamma-distributed rate; after each repeat purchase a beta-distributed chance ends it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, psi

from models.arrays import Float64Array

_BOUNDS = (-7.0, 10.0)  # of the parameters' logarithms
_CLOSE = {"ftol": 1e-12, "gtol": 1e-7, "maxiter": 1000}


class Parameters(NamedTuple):
    """r, alpha: shape and rate of the buying rate's gamma; a, b: of the dropout chance's beta."""

    r: float
    alpha: float
    a: float
    b: float


def log_likelihood(p: Parameters, x: Float64Array, t_x: Float64Array, age: Float64Array) -> Float64Array:
    """Equation (6) of the paper, in logarithms, per customer."""
    common = gammaln(p.r + x) - gammaln(p.r) + p.r * np.log(p.alpha)
    common += gammaln(p.a + p.b) + gammaln(p.b + x) - gammaln(p.b) - gammaln(p.a + p.b + x)
    return np.asarray(common + np.logaddexp(*_ways(p, x, t_x, age)))


def _ways(p: Parameters, x: Float64Array, t_x: Float64Array, age: Float64Array) -> tuple[Float64Array, Float64Array]:
    """The logarithms of the two terms of equation (6): still alive, and gone after the last purchase."""
    alive = -(p.r + x) * np.log(p.alpha + age)
    gone = np.log(p.a) - np.log(p.b + np.maximum(x, 1) - 1) - (p.r + x) * np.log(p.alpha + t_x)
    return alive, np.where(x > 0, gone, -np.inf)


def _slopes(p: Parameters, x: Float64Array, t_x: Float64Array, age: Float64Array) -> Float64Array:
    """Derivatives of the log-likelihood by the logarithms of r, alpha, a and b, shape (4, customers)."""
    alive, gone = _ways(p, x, t_x, age)
    left = np.exp(gone - np.logaddexp(alive, gone))
    by_r = psi(p.r + x) - psi(p.r) + np.log(p.alpha)
    by_r -= (1 - left) * np.log(p.alpha + age) + left * np.log(p.alpha + t_x)
    by_alpha = p.r / p.alpha - (p.r + x) * ((1 - left) / (p.alpha + age) + left / (p.alpha + t_x))
    together = psi(p.a + p.b) - psi(p.a + p.b + x)
    by_a = together + left / p.a
    by_b = together + psi(p.b + x) - psi(p.b) - left / (p.b + np.maximum(x, 1) - 1)
    return np.stack([by_r * p.r, by_alpha * p.alpha, by_a * p.a, by_b * p.b])


def fit(x: Float64Array, t_x: Float64Array, age: Float64Array) -> Parameters:
    """The parameters of the greatest likelihood.

    Customers with the same x, t_x and age are counted once, with their number; the gradient is exact.
    """
    rows, counts = np.unique(np.column_stack([x, t_x, age]), axis=0, return_counts=True)
    columns, shares = rows.T, counts / counts.sum()

    def loss(logs: Float64Array) -> tuple[float, Float64Array]:
        parameters = Parameters(*np.exp(logs))
        return -float(log_likelihood(parameters, *columns) @ shares), -_slopes(parameters, *columns) @ shares

    start = np.log([1.0, max(float(age.mean()) / 10, 1.0), 1.0, 3.0])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * 4, options=_CLOSE)
    return Parameters(*(float(value) for value in np.exp(found.x)))


def probability_alive(p: Parameters, x: Float64Array, t_x: Float64Array, age: Float64Array) -> Float64Array:
    """P(alive | x, t_x, T); 1 without a repeat purchase, as the model has it."""
    odds_gone = p.a / (p.b + np.maximum(x, 1) - 1) * ((p.alpha + age) / (p.alpha + t_x)) ** (p.r + x)
    return np.asarray(1 / (1 + np.where(x > 0, odds_gone, 0.0)))


def probability_of_no_purchase(
    p: Parameters, x: Float64Array, t_x: Float64Array, age: Float64Array, days: float | Float64Array
) -> Float64Array:
    """P(nothing bought in (T, T + days] | x, t_x, T); customers' numbers, and several days, in shapes that go together.

    One who is gone buys nothing; one who is alive has a gamma(r + x, alpha + T) rate, and buys nothing with
    probability ((alpha + T) / (alpha + T + days))^(r + x).
    """
    nothing = ((p.alpha + age) / (p.alpha + age + days)) ** (p.r + x)
    return 1 - probability_alive(p, x, t_x, age) * (1 - nothing)
