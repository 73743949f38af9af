"""An invented shop's weekly feature table: customers who stay themselves, a season, weeks that differ, tenures.

Columns are of the shapes that shops have (heavy tails, counts, shares with many zeros, nulls, codes), move together
in groups, follow a season of a year with an amplitude of their own, and share shocks week by week.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from models.arrays import Float64Array

COLUMNS, CUSTOMERS = 60, 1500
CODE = "f59"
CODES = ("a", "b", "c", "d")
JOINED = ("f0", "f4")
"""Two columns that go together."""
STAYS, MOVES = 0.85, 0.1
"""How much of a customer stays from one look to the next, and how far customers move in a week."""
SEASON, SHOCK = 0.15, 0.015
"""The season's largest amplitude, and how far a week moves a column, on average: so that columns stray from week to
week as those of the Complete Journey do (0.017 in the median, 0.028 in the upper quarter)."""


def names() -> list[str]:
    """The columns, the code last."""
    return [f"f{i}" for i in range(COLUMNS)]


def weeks(seed: int, many: int, customers: int = CUSTOMERS) -> Iterator[pd.DataFrame]:
    """So many weekly tables of the same customers."""
    rng = np.random.default_rng(seed)
    amplitude, phase = rng.uniform(0, SEASON, COLUMNS), rng.uniform(0, 2 * np.pi, COLUMNS)
    loading, shock = rng.uniform(0, 0.7, COLUMNS), SHOCK * rng.uniform(0.3, 1.5, COLUMNS)
    own = _together(rng.normal(size=(customers, COLUMNS)), rng.normal(size=(customers, 6)), loading)
    for week in range(many):
        fresh = _together(rng.normal(size=own.shape), rng.normal(size=(customers, 6)), loading)
        own = np.sqrt(1 - MOVES**2) * own + MOVES * fresh
        noise = _together(rng.normal(size=own.shape), rng.normal(size=(customers, 6)), loading)
        latent = np.sqrt(STAYS) * own + np.sqrt(1 - STAYS) * noise
        common = amplitude * np.sin(2 * np.pi * week / 52 + phase) + shock * rng.normal(size=COLUMNS)
        yield _shaped(latent + common, week)


def _together(own: Float64Array, factors: Float64Array, loading: Float64Array) -> Float64Array:
    """Each column is partly one of the factors, so that columns go together."""
    shared = factors[:, np.arange(COLUMNS) % factors.shape[1]]
    own = own.copy()
    own[:, 4] = 0.8 * own[:, 0] + 0.6 * own[:, 4]
    return np.asarray(loading * shared + np.sqrt(1 - loading**2) * own, dtype=float)


def _shaped(latent: Float64Array, week: int) -> pd.DataFrame:
    columns: dict[str, Float64Array | np.typing.NDArray[np.str_]] = {}
    for i, name in enumerate(names()[:-1]):
        value, shape = latent[:, i], i % 5
        if shape == 0:
            columns[name] = np.exp(value)
        elif shape == 1:
            columns[name] = np.floor(np.exp(1 + 0.6 * value))
        elif shape == 2:
            columns[name] = np.maximum(value - 0.3, 0.0)
        elif shape == 3:
            columns[name] = np.where(value > 1.2, np.nan, value)
        else:
            columns[name] = value
    columns["f9"] = 50 + 10 * latent[:, 9] + 7.0 * week
    columns[CODE] = np.array(CODES)[np.digitize(latent[:, -1], (-0.8, 0.3, 1.3))]
    return pd.DataFrame(columns)[names()]
