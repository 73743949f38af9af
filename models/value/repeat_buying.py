"""What BG/NBD expects: purchases in the coming days, the days to the next one, and who is late.

Fader, Hardie, Lee (2005); the likelihood and the parameters are those of `models.churn.bgnbd`. A day with a purchase
is a purchase here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv

from models.arrays import Float64Array
from models.churn import bgnbd
from models.churn.bgnbd import Parameters

POINTS = 32
LATE = 0.9
_MOST_FITTED = 20_000


class Summary(NamedTuple):
    """Per customer: x repeat purchases, t_x (age at the last), age (T, now), and the mean spend of a purchase."""

    x: Float64Array
    t_x: Float64Array
    age: Float64Array
    spend: Float64Array


def fit(summary: Summary, seed: int) -> Parameters:
    """The parameters of the greatest likelihood, of at most 20,000 customers drawn by the seed."""
    rows = np.arange(len(summary.x))
    if len(rows) > _MOST_FITTED:
        rows = np.random.default_rng(seed).choice(rows, _MOST_FITTED, replace=False)
    return bgnbd.fit(summary.x[rows], summary.t_x[rows], summary.age[rows])


def expected_purchases(p: Parameters, s: Summary, days: float) -> Float64Array:
    """E[purchases in (T, T + days] | x, t_x, T].

    Given that the customer is alive, the rate is gamma(r + x, alpha + T) and the chance of leaving after a purchase
    is beta(a, b + x); of both, (1 - exp(-rate chance days)) / chance is expected. The rate is integrated in closed
    form, the chance by its quantiles: unlike the paper's hypergeometric function, that holds for 10,000 purchases.
    """
    return purchases_over(p, s, [days])[0]


def purchases_over(p: Parameters, s: Summary, horizons: Sequence[float]) -> list[Float64Array]:
    """The same for several numbers of days."""
    different, of_row = np.unique(s.x, return_inverse=True)
    chance = np.stack([_chances(p.a, p.b + x) for x in different.tolist()])[of_row] if len(different) else s.x[:, None]
    shape, age = (p.r + s.x)[:, None], (p.alpha + s.age)[:, None]
    alive = bgnbd.probability_alive(p, s.x, s.t_x, s.age)
    return [
        np.asarray(alive * (-np.expm1(-shape * np.log1p(chance * days / age)) / chance).mean(axis=1))
        for days in horizons
    ]


@lru_cache(10_000)
def _chances(a: float, b: float) -> Float64Array:
    """Quantiles of beta(a, b) in the middle of POINTS parts, never nothing. Customers have few different counts."""
    levels = (np.arange(POINTS) + 0.5) / POINTS
    return np.asarray(np.maximum(betaincinv(a, b, levels), 1e-12))


def survival(p: Parameters, s: Summary, days: Sequence[float]) -> Float64Array:
    """P(no purchase within each of these days), shape (customers, days)."""
    x, t_x, age = s.x[:, None], s.t_x[:, None], s.age[:, None]
    return bgnbd.probability_of_no_purchase(p, x, t_x, age, np.asarray(days, dtype=float))


def late_after(p: Parameters, s: Summary) -> Float64Array:
    """Days after the last purchase by which nine in ten customers of this rhythm have bought again.

    At the last purchase the rate is gamma(r + x, alpha + t_x), so the time to the next is a Lomax variable.
    """
    return np.asarray((p.alpha + s.t_x) * np.expm1(-np.log1p(-LATE) / (p.r + s.x)))
