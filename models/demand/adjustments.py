"""What is done to the boosters' word before it is a forecast, all of it learnt on a shop's own past windows.

In this order: counting (`seasonal_level`) is mixed in, per class of series; the forecasts are drawn to the course of
the shop's total (`day_totals`); outside signals multiply each series' days (`signals`); the level is corrected; the
quantiles are shifted so that they cover what they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from models.arrays import Float64Array, Int64Array
from models.demand.day_totals import aligned, course
from models.demand.forecast import LEVELS
from models.demand.plans import Plans
from models.demand.seasonal_level import seasonal_level
from models.demand.series import Histories
from models.demand.signals.use import UNUSED, SignalUse, Term, effects

CLASSES = {"rare": 0.0, "intermittent": 0.25, "frequent": 0.5, "steady": 0.75}
"""Classes of series by the share of periods since the first sale on which they sold: each from its share on."""


@dataclass(frozen=True)
class Shares:
    """How much of a forecast is counting, per class, 0 to 1: of the mean, and of the quantiles."""

    mean: tuple[float, ...] = (0.0,) * len(CLASSES)
    quantiles: tuple[float, ...] = (0.0,) * len(CLASSES)


@dataclass(frozen=True)
class Adjustments:
    """What was learnt; as it is by default, the boosters' word stands.

    counting: how much counting is mixed in
    alignment: how far forecasts are drawn to the course of the shop's total; 0 leaves them
    signals: which outside signals are used, and how far
    level: what all forecasts are multiplied by
    shifts: per quantile, in units of the distance from q05 to q95 (conformalised quantile regression, Romano et
        al., 2019, one-sided per quantile)
    """

    counting: Shares = Shares()
    alignment: float = 0.0
    level: float = 1.0
    shifts: tuple[float, ...] = (0.0,) * len(LEVELS)
    signals: SignalUse = UNUSED

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Adjustments:
        """Those that `as_json` wrote; earlier releases used no signals."""
        counting = Shares(tuple(content["counting"]["mean"]), tuple(content["counting"]["quantiles"]))
        signals = SignalUse.of(content["signals"]) if "signals" in content else UNUSED
        return cls(counting, float(content["alignment"]), float(content["level"]), tuple(content["shifts"]), signals)

    def as_json(self) -> dict[str, Any]:
        """As `model.json` and the card hold them."""
        return asdict(self)

    def apply(self, known: Word) -> tuple[Float64Array, Float64Array]:
        """The mean (S, H) and quantiles (S, H, 5) after all of it, in units."""
        mean, quantiles = known.mixed(self.counting)
        if self.alignment:
            factor = course(known.histories, known.plans, mean, self.alignment)
            mean, quantiles = aligned(mean, factor), aligned(quantiles, factor)
        if self.signals.strength:
            outside = known.outside(self.signals)
            mean, quantiles = mean * outside, quantiles * outside[:, :, None]
        quantiles = quantiles * self.level
        return mean * self.level, quantiles + width(quantiles) * np.array(self.shifts)


UNADJUSTED = Adjustments()


@dataclass(frozen=True)
class Word:
    """What the boosters say of the periods from an origin on, in units, and what counting says.

    mean, counted_mean: (S, H); quantiles, counted_quantiles: (S, H, 5), in order
    """

    histories: Histories
    plans: Plans
    mean: Float64Array
    quantiles: Float64Array
    counted_mean: Float64Array
    counted_quantiles: Float64Array
    _responses: dict[tuple[Term, ...], Float64Array] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls, histories: Histories, plans: Plans, mean: Float64Array, quantiles: Float64Array, opened: Float64Array
    ) -> Word:
        """With counting's word beside it; `opened` (H,) is the share of each period on which the shop is open."""
        counted, spread = seasonal_level(histories, len(opened))
        return cls(histories, plans, mean, quantiles, counted * opened, spread * opened[:, None])

    def mixed(self, shares: Shares) -> tuple[Float64Array, Float64Array]:
        """Mean and quantiles with each class's share of counting in them."""
        rows = classes(self.histories)
        of_mean = np.array(shares.mean)[rows][:, None]
        of_quantiles = np.array(shares.quantiles)[rows][:, None, None]
        return (
            (1 - of_mean) * self.mean + of_mean * self.counted_mean,
            (1 - of_quantiles) * self.quantiles + of_quantiles * self.counted_quantiles,
        )

    def outside(self, use: SignalUse) -> Float64Array:
        """What outside signals multiply each period of each series by, (S, H); responses are learnt once."""
        if use.terms not in self._responses:
            horizon = self.mean.shape[1]
            self._responses[use.terms] = effects(self.histories, self.plans, use.terms, horizon)
        factor: Float64Array = np.exp(use.strength * self._responses[use.terms])
        return factor


def classes(histories: Histories) -> Int64Array:
    """The place of each series' class in `CLASSES`, (S,)."""
    sold = (histories.units > 0).sum(1) / np.maximum(histories.periods - histories.started, 1)
    found: Int64Array = np.digitize(sold, list(CLASSES.values())[1:])
    return found


def width(quantiles: Float64Array) -> Float64Array:
    """The distance from q05 to q95, (..., 1): the unit of the shifts."""
    distance: Float64Array = quantiles[..., -1:] - quantiles[..., :1]
    return distance
