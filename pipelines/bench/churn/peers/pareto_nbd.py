"""Pareto/NBD: customers buy at gamma-distributed rates until they leave, at gamma-distributed hazards.

Schmittlein, Morrison, Colombo (1987); the likelihood is that of Fader & Hardie (2005), "A Note on Deriving the
Pareto/NBD Model and Related Expressions". A customer is x repeat purchases, t_x (age at the last) and T (age now).
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, gammaln, logit

from models.arrays import Float64Array
from pipelines.bench.churn.churn_task import ChurnTask, of_customers

_BOUNDS = (-7.0, 9.0)  # of the parameters' logarithms
_STARTS = ((0.7, 10.0, 0.6, 100.0), (1.5, 30.0, 0.3, 30.0))
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)


class ParetoNbd(NamedTuple):
    """r, alpha: shape and rate of the buying rate's gamma; s, beta: of the hazard's."""

    r: float
    alpha: float
    s: float
    beta: float


def log_likelihood(p: ParetoNbd, x: Float64Array, t_x: Float64Array, age: Float64Array) -> Float64Array:
    """Logarithm of the likelihood per customer.

    Either one is alive at T, or left at a time between t_x and T:
    Gamma(r+x) alpha^r beta^s / Gamma(r) times
    (alpha+T)^-(r+x) (beta+T)^-s + s * integral over tau of (alpha+tau)^-(r+x) (beta+tau)^-(s+1).
    """
    common = gammaln(p.r + x) - gammaln(p.r) + p.r * np.log(p.alpha) + p.s * np.log(p.beta)
    alive = -(p.r + x) * np.log(p.alpha + age) - p.s * np.log(p.beta + age)
    return np.asarray(common + np.logaddexp(alive, np.log(p.s) + _log_left(p, x, t_x, age)))


def _log_left(p: ParetoNbd, x: Float64Array, t_x: Float64Array, age: Float64Array) -> Float64Array:
    """Logarithm of the integral, which Fader & Hardie write as a difference of two Gauss hypergeometric functions.

    With v = k log((alpha+tau) / (alpha+t_x)), k = r+x+s, the integrand is exp(-v) ((alpha+tau) / (beta+tau))^(s+1):
    smooth whatever x is, where the hypergeometric functions overflow. Beyond v = 40 nothing is left of it.
    """
    k = p.r + x + p.s
    start = p.alpha + t_x
    ends = k * (np.log(p.alpha + age) - np.log(start))
    borders = [np.zeros_like(ends), np.minimum(ends, 6.0), np.minimum(ends, 40.0)]
    parts = [_log_panel(p, k, start, low, high) for low, high in itertools.pairwise(borders)]
    return np.asarray(np.logaddexp(*parts) - k * np.log(start) - np.log(k))


def _log_panel(
    p: ParetoNbd, k: Float64Array, start: Float64Array, low: Float64Array, high: Float64Array
) -> Float64Array:
    """Logarithm of the part of the integral in which v lies between the two, by Gauss-Legendre."""
    v = low[:, None] + (high - low)[:, None] * (1 + _NODES) / 2
    later = start[:, None] * np.exp(v / k[:, None])  # alpha + tau
    powers = (p.s + 1) * (np.log(later) - np.log(later + (p.beta - p.alpha))) - v
    top = powers.max(axis=1)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(powers - top[:, None]) @ (_WEIGHTS / 2) * (high - low)) + top)


def fit_pareto_nbd(x: Float64Array, t_x: Float64Array, age: Float64Array) -> ParetoNbd:
    """The parameters of the greatest likelihood, from several starts; customers with equal figures are one row."""
    figures, counts = np.unique(np.column_stack([x, t_x, age]), axis=0, return_counts=True)
    shares = counts / counts.sum()

    def loss(logs: Float64Array) -> float:
        found = log_likelihood(ParetoNbd(*np.exp(logs)), *figures.T) @ shares
        return -float(found) if np.isfinite(found) else 1e6

    tried = [minimize(loss, np.log(start), method="L-BFGS-B", bounds=[_BOUNDS] * 4) for start in _STARTS]
    best = min(tried, key=lambda found: float(found.fun))
    return ParetoNbd(*(float(value) for value in np.exp(best.x)))


def chance_of_nothing(p: ParetoNbd, x: Float64Array, t_x: Float64Array, age: Float64Array, days: float) -> Float64Array:
    """P(no purchase in (T, T + days] | x, t_x, T): how likely the same purchases are with nothing after them."""
    return np.exp(log_likelihood(p, x, t_x, age + days) - log_likelihood(p, x, t_x, age))


def predict(task: ChurnTask) -> Float64Array:
    """Chances of leaving, fitted on every customer who ever bought."""
    p = fit_pareto_nbd(*(task.purchases[name].to_numpy() for name in ("x", "t_x", "age")))
    chances = chance_of_nothing(p, *of_customers(task.purchases, task.customers), task.horizon_days)
    return np.asarray(expit(np.clip(logit(chances), -12, 12)))
