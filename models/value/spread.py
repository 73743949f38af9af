"""How far what came lies from what was expected: the interval of a forecast, learnt from earlier windows.

Conformal prediction by groups of like customers: customers are ordered by their forecast and cut into groups, each
group's quantiles of (what came / what was expected) are kept, and between groups they are interpolated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import Float64Array

LOW, HIGH = 0.05, 0.95
GROUPS = 12
LEAST = 60
"""Customers in a group, at least."""
_TINY = 1e-9


@dataclass(frozen=True)
class Spread:
    """`low` and `high` times the forecast bound nine in ten outcomes, at forecasts around `exp(at)`."""

    at: tuple[float, ...] = (0.0,)
    low: tuple[float, ...] = (0.0,)
    high: tuple[float, ...] = (4.0,)

    @classmethod
    def fit(cls, expected: Float64Array, came: Float64Array) -> Spread:
        """From forecasts and what came of them; too few leave the default, from nothing to four times as much."""
        known = np.isfinite(expected) & np.isfinite(came) & (expected > _TINY)
        expected, came = expected[known], came[known]
        groups = min(GROUPS, len(expected) // LEAST)
        if groups < 1:
            return cls()
        order = np.argsort(expected, kind="stable")
        ratios = np.maximum(came, 0.0) / expected
        parts = np.array_split(order, groups)
        low = [float(np.quantile(ratios[part], LOW, method="lower")) for part in parts]
        high = [float(np.quantile(ratios[part], HIGH, method="higher")) for part in parts]
        return cls(tuple(float(np.log(expected[part]).mean()) for part in parts), tuple(low), tuple(high))

    def bounds(self, expected: Float64Array) -> tuple[Float64Array, Float64Array]:
        """The bounds of each forecast; the forecast lies between them."""
        place = np.log(np.maximum(expected, _TINY))
        low, high = (np.interp(place, self.at, ratios) * expected for ratios in (self.low, self.high))
        return np.minimum(low, expected), np.maximum(high, expected)

    def stretched(self, times: float) -> Spread:
        """A wider one, for a horizon so many times as long as the one it was learnt on."""
        wider = 1 + 0.5 * np.log2(max(times, 1.0))
        shift = float(np.log(max(times, 1.0)))
        return Spread(
            tuple(place + shift for place in self.at),
            tuple(low / wider for low in self.low),
            tuple(high * wider for high in self.high),
        )

    def as_dict(self) -> dict[str, list[float]]:
        """For JSON."""
        return {"at": list(self.at), "low": list(self.low), "high": list(self.high)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Spread:
        """The inverse of `as_dict`."""
        return cls(tuple(content["at"]), tuple(content["low"]), tuple(content["high"]))
