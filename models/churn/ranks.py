"""The distribution of probabilities in the population a model was made for: what a risk score is read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.arrays import Float64Array, Int64Array

POINTS = 1000


@dataclass(frozen=True)
class Ranks:
    """Quantiles of the population's probabilities, rising."""

    grid: tuple[float, ...]

    @classmethod
    def of(cls, probabilities: Float64Array) -> Ranks:
        """The quantiles of a population's probabilities: values of its own, so that ranks are exact up to POINTS."""
        rising = np.sort(probabilities)
        places = -(-len(rising) * np.arange(1, POINTS + 1) // POINTS) - 1  # the least with so many at or below
        return cls(tuple(float(value) for value in rising[places]))

    def scores(self, probabilities: Sequence[float] | Float64Array) -> Int64Array:
        """Floor of the percentile rank, 0..100: the share of the population with at most this probability."""
        below = np.searchsorted(self._rising, np.asarray(probabilities, dtype=float), side="right")
        return below * 100 // len(self.grid)

    @cached_property
    def _rising(self) -> Float64Array:
        return np.asarray(self.grid)
