"""Training examples: the inputs at many origins, with what was sold afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from models.arrays import Float32Array, Float64Array
from models.demand.labels import labels
from models.demand.plans import quiet_holidays
from models.demand.series import Histories
from training.demand.origin_inputs import DrawnSeries, OriginInputs

_BLOCK = 28
"""Examples that are drawn together: about a series at an origin."""
HALF_LIFE_DAYS = 120.0
"""How fast an origin loses weight: on windows before September 2017 of the Complete Journey it took 0.1% off WRMSSE
and 0.3% off WSPL."""


@dataclass(frozen=True)
class Examples:
    """Rows of (series, origin, step) whose label is known and whose shop was open.

    matrix: float32 (N, features); ratio: (N,), units over level; level: (N,)
    squared_scale, absolute_scale: (N,), mean squared and absolute change of the series before the origin
    importance: (N,), the series' share of revenue times the number of series at its origin (1 = average); of an
        origin `HALF_LIFE_DAYS` back a quarter of it, as its root weighs an example
    """

    matrix: Float32Array
    ratio: Float64Array
    level: Float64Array
    squared_scale: Float64Array
    absolute_scale: Float64Array
    importance: Float64Array

    @classmethod
    def none(cls) -> Examples:
        """Where no origin has labels."""
        return cls(np.empty((0, 0), dtype=np.float32), *(np.empty(0) for _ in range(5)))

    def __len__(self) -> int:
        return len(self.ratio)

    def at_most(self, most: int) -> Examples:
        """About as many of them, series at origins drawn by chance, the same ones each time; all where they are few."""
        if len(self) <= most:
            return self
        block = np.arange(len(self)) // _BLOCK
        drawn = np.random.default_rng(0).random(block[-1] + 1) < most / len(self)
        return Examples(*(getattr(self, each.name)[drawn[block]] for each in fields(self)))


def build(seen: OriginInputs, origins: Sequence[date], known: Histories) -> Examples:
    """The examples of `origins` whose labels lie before `known.origin`, partly known windows included.

    Args:
        seen: what is seen at each origin.
        origins: which of them to use.
        known: the histories as of `labels_until`: labels are read off it, and quiet holidays are those it shows.
    """
    quiet = quiet_holidays(known, seen.days)
    parts = [_of(seen.of(origin, quiet), known) for origin in origins if origin < known.origin]
    if not parts:
        return Examples.none()
    return Examples(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _of(
    drawn: DrawnSeries, known: Histories
) -> tuple[Float32Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]:
    inputs, horizon = drawn.inputs, drawn.inputs.shape[1]
    sold = labels(drawn.histories, known, horizon)
    usable = (np.isfinite(sold) & (inputs.open > 0)).reshape(-1)

    def rows(values: Float64Array) -> Float64Array:
        return np.repeat(values, horizon)[usable]

    ratio = (sold / inputs.level[:, None]).reshape(-1)[usable]
    newness = 0.5 ** ((known.origin - drawn.histories.origin).days / HALF_LIFE_DAYS)
    importance = rows(np.maximum(drawn.share, 0.01)) * newness**2
    scales = rows(drawn.squared_scale), rows(drawn.absolute_scale)
    return inputs.matrix[usable], ratio, rows(inputs.level), *scales, importance
