"""Invented shops whose calendar tells signals: some move what sells, some are noise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from models.demand.plans import Calendar
from models.demand.series import Histories
from models.demand.signals.readings import signals_of

ORIGIN = date(2024, 7, 1)
HORIZON = 28
NOISE = ("noise", "slow noise", "rare noise")


@dataclass(frozen=True)
class PlantedShop:
    """What is known at the origin, and what sold after it, (S, H).

    `weather` is known ahead: it lifts a fifth of the series (the first ones) and lowers another fifth. `searches` is
    observed a day later, and lifts a third of the series three days after it. The names of `NOISE` do nothing.
    """

    histories: Histories
    days: Calendar
    came: np.ndarray


def planted_shop(seed: int, effect: float = 0.25, series: int = 40, periods: int = 365) -> PlantedShop:
    """A shop whose series respond by `effect`, as a logarithm, to a standard deviation of a signal."""
    rng = np.random.default_rng(seed)
    count = periods + HORIZON
    weather, searches = wandering(rng, count, 0.7), wandering(rng, count, 0.5)
    level = np.exp(rng.normal(1.5, 1, series))
    rhythm = 1 + 0.3 * np.sin(2 * np.pi * np.arange(count) / 7)
    shared = np.exp(0.05 * wandering(rng, count, 0.3))
    moved = np.zeros((series, 1))
    moved[: series // 5], moved[series // 5 : 2 * series // 5] = effect, -effect
    searched = np.where(rng.random((series, 1)) < 1 / 3, effect, 0.0)
    mean = level[:, None] * rhythm * shared * np.exp(moved * weather + searched * np.roll(searches, 3))
    units = rng.poisson(mean * rng.gamma(4, 1 / 4, mean.shape)).astype(float)
    noise = [wandering(rng, count, 0.0), wandering(rng, count, 0.95), (rng.random(count) < 1 / 15).astype(float)]
    told = {"weather": 15 + 8 * weather, "searches": 100 + 20 * searches, **dict(zip(NOISE, noise, strict=True))}
    return PlantedShop(_histories(units[:, :periods], level), Calendar((), _signals(told, periods)), units[:, periods:])


def wandering(rng: np.random.Generator, count: int, memory: float) -> np.ndarray:
    """A series of variance 1, each value `memory` times the one before and something new."""
    values, fresh = np.zeros(count), rng.normal(size=count)
    for place in range(1, count):
        values[place] = memory * values[place - 1] + fresh[place] * np.sqrt(1 - memory**2)
    return values


def _signals(told: dict[str, np.ndarray], periods: int):
    days = [ORIGIN + timedelta(days=place - periods) for place in range(len(told["weather"]))]
    rows = [
        (day, name, float(value), None, day + timedelta(days=1) if name == "searches" else None)
        for name, values in told.items()
        for day, value in zip(days, values, strict=True)
    ]
    return signals_of(rows, (), ("category",))


def _histories(units: np.ndarray, level: np.ndarray) -> Histories:
    series = len(units)
    return Histories(
        ids=tuple(f"s{place}" for place in range(series)),
        origin=ORIGIN,
        freq="D",
        units=units,
        started=np.zeros(series, dtype=int),
        revenue=level * 28,
        discounts=np.full((series, 2), 0.1),
        promoted=np.zeros((3, series, 84 + HORIZON)),
        behind=84,
        high_risk=np.zeros(series, dtype=bool),
    )
