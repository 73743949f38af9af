"""Made-up series: a weekly rhythm on a level, some noise, and a promotion that lifts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from models.demand.series import Histories

ORIGIN = date(2024, 7, 1)


def make_histories(series: int = 6, periods: int = 200, seed: int = 1, origin: date = ORIGIN) -> Histories:
    rng = np.random.default_rng(seed)
    level = np.linspace(4, 40, series)[:, None]
    rhythm = 1 + 0.4 * np.sin(2 * np.pi * (np.arange(periods) % 7) / 7)
    units = rng.poisson(level * rhythm).astype(float)
    return Histories(
        ids=tuple(f"s{i}" for i in range(series)),
        origin=origin,
        freq="D",
        units=units,
        started=np.zeros(series, dtype=int),
        revenue=level[:, 0] * 28,
        discounts=np.full((series, 2), 0.1),
        promoted=rng.random((3, series, 84 + 28)),
        behind=84,
        high_risk=np.zeros(series, dtype=bool),
    )


@pytest.fixture
def histories() -> Histories:
    return make_histories()
