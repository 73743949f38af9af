"""BG/NBD, the beta-geometric / negative-binomial model of repeat buying.

Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2). A customer is
described by x repeat purchase days, t_x (the age at the last of them) and T (the age now), in days. While alive
a customer buys at a gamma-distributed rate; after each repeat purchase a beta-distributed chance ends it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from models.arrays import Float64Array

_BOUNDS = (-7.0, 10.0)  # of the parameters' logarithms


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
    alive = -(p.r + x) * np.log(p.alpha + age)
    with np.errstate(divide="ignore"):
        gone = np.log(p.a) - np.log(p.b + np.maximum(x, 1) - 1) - (p.r + x) * np.log(p.alpha + t_x)
    return np.asarray(common + np.logaddexp(alive, np.where(x > 0, gone, -np.inf)))


def fit(x: Float64Array, t_x: Float64Array, age: Float64Array) -> Parameters:
    """The parameters of the greatest likelihood."""

    def loss(logs: Float64Array) -> float:
        return -float(log_likelihood(Parameters(*np.exp(logs)), x, t_x, age).mean())

    start = np.log([1.0, max(float(age.mean()) / 10, 1.0), 1.0, 3.0])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[_BOUNDS] * 4)
    return Parameters(*(float(value) for value in np.exp(found.x)))


def probability_alive(p: Parameters, x: Float64Array, t_x: Float64Array, age: Float64Array) -> Float64Array:
    """P(alive | x, t_x, T); 1 without a repeat purchase, as the model has it."""
    odds_gone = p.a / (p.b + np.maximum(x, 1) - 1) * ((p.alpha + age) / (p.alpha + t_x)) ** (p.r + x)
    return np.asarray(1 / (1 + np.where(x > 0, odds_gone, 0.0)))


def probability_of_no_purchase(
    p: Parameters, x: Float64Array, t_x: Float64Array, age: Float64Array, days: float
) -> Float64Array:
    """P(nothing bought in (T, T + days] | x, t_x, T).

    One who is gone buys nothing; one who is alive has a gamma(r + x, alpha + T) rate, and buys nothing with
    probability ((alpha + T) / (alpha + T + days))^(r + x).
    """
    nothing = ((p.alpha + age) / (p.alpha + age + days)) ** (p.r + x)
    return 1 - probability_alive(p, x, t_x, age) * (1 - nothing)
