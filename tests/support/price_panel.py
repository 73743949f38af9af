"""Weeks of an invented shop: what each product's price does is planted, and dear weeks are those that sell anyway."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array
from models.demand.pricing.responses import COUNT, PriceResponses
from training.demand.pricing.weekly_panel import WeeklyPanel, seasons


@dataclass(frozen=True)
class Planted:
    """A panel, with the true elasticity and promotion effect of each of its units."""

    panel: WeeklyPanel
    elasticity: Float64Array
    promotion: Float64Array


def planted(seed: int = 0, units: int = 40, weeks: int = 78, groups: int = 5, level: float = 20.0) -> Planted:
    """Prices follow each product's season and the shop's ups and downs; beside that they move by chance."""
    rng = np.random.default_rng(seed)
    group = np.arange(units) % groups
    elasticity = np.minimum((-2 + rng.normal(0, 0.4, groups))[group] + rng.normal(0, 0.3, units), -0.3)
    promotion = 0.3 + rng.normal(0, 0.1, units)
    numbers = np.arange(weeks, dtype=float)
    phase = rng.uniform(0, 2 * np.pi, groups)[group] + rng.normal(0, 0.3, units)
    season = 0.5 * np.sin(2 * np.pi * numbers / 52.18 + phase[:, None])
    shop = np.cumsum(rng.normal(0, 0.03, weeks))
    promoted = (rng.random((units, weeks)) < 0.12).astype(float)
    price = 0.3 * season + 0.3 * (shop - shop.mean()) - promoted * rng.uniform(0.05, 0.25, (units, weeks))
    price += 0.06 * rng.normal(size=(units, weeks)) * (rng.random((units, weeks)) < 0.5)
    own = np.log(level * rng.lognormal(0, 0.6, units))[:, None] + rng.normal(0, 0.15, (units, weeks))
    log = own + season + shop + elasticity[:, None] * price + promotion[:, None] * promoted
    seen = np.ones((units, weeks), dtype=bool)
    price -= np.median(price, axis=1, keepdims=True)
    sold = rng.poisson(np.exp(log)).astype(float)
    panel = WeeklyPanel(sold, price, promoted[None], seen, group, group, group, seasons(numbers))
    return Planted(panel, elasticity, promotion)


def make_responses(elasticity: float = -2.0, deviation: float = 0.2, refused: str = "") -> PriceResponses:
    """Of one series, `a`, that costs 2.0 and is promoted on display at times."""
    mean, covariance = np.zeros((1, COUNT)), np.zeros((1, COUNT, COUNT))
    mean[0, :2], covariance[0] = [elasticity, 0.5], np.diag([deviation**2, 0.01, 0.0, 0.0])
    return PriceResponses(
        ids=("a",),
        price=np.array([2.0]),
        lowest=np.array([1.5]),
        highest=np.array([2.4]),
        mean=mean,
        covariance=covariance,
        own=np.array([0.8]),
        refused=(refused,),
        promoted=np.array([[0.6, 0.0, 0.0]]),
        varied=np.array([[True, False, False]]),
    )
