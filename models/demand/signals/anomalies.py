"""A signal as what is unusual about it: against the weeks around for learning, against the last weeks for forecasts.

What a signal did for long is in the level of every series already; only how it departs from that moves sales.
Days of which nothing is known are expected to return from the last known value to the usual one as fast as the signal
does (an autoregression of order one): so a signal that stops, or has gaps, ends in no effect, not in a jump.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import BoolArray, Float64Array
from models.demand.series import Freq

SMOOTHING: dict[Freq, float] = {"D": 14.0, "W": 6.0}
"""Standard deviation, in periods, of the window that tells the usual around a period."""
HALF_LIFE: dict[Freq, float] = {"D": 28.0, "W": 8.0}
"""Half-life, in periods, of the last weeks that a forecast's level comes from."""
_LEAST = 20
"""With fewer known periods a signal is not used."""
_TRIMMED = 0.01
_STALE = 28
"""So many periods after its last value a signal tells nothing more."""
_STEADIEST = 0.97


@dataclass(frozen=True)
class Anomalies:
    """In standard deviations, (rows, T + H), a row per region or series: 0 is usual, and where nothing can be told.

    past: against the periods around, for the periods behind the origin
    ahead: against the periods before the origin
    reach: the periods from the origin on of which something is known; below 0: it ends before
    """

    past: Float64Array
    ahead: Float64Array
    reach: int

    @classmethod
    def of(cls, values: Float64Array, periods: int, freq: Freq) -> Anomalies:
        """Those of a signal's values, (rows, T + H), of which the first `periods` lie behind the origin."""
        known = np.isfinite(values)
        clipped = np.where(known, _clipped(values, periods), 0.0)
        past, counts = clipped[:, :periods], known[:, :periods].astype(float)
        departure = np.where(counts > 0, past - smoothed(past, counts, freq), 0.0)
        spread = np.sqrt((departure**2).sum(1) / np.maximum(counts.sum(1), 1.0))
        told = (counts.sum(1) >= _LEAST) & (spread > 1e-9 * np.maximum(np.abs(past).max(1, initial=0.0), 1e-9))
        scale = np.where(told, spread, np.inf)[:, None]
        weight = counts * 0.5 ** (np.arange(periods, 0, -1) / HALF_LIFE[freq])
        usual = (past * weight).sum(1) / np.maximum(weight.sum(1), 1e-12)
        ahead = _filled((clipped - usual[:, None]) / scale, known, _memory(departure, counts))
        ends = np.flatnonzero(known.any(0))
        reach = int(ends[-1]) + 1 - periods if len(ends) else -periods
        return cls(np.concatenate([departure / scale, ahead[:, periods:]], axis=1), ahead, reach)

    @property
    def told(self) -> bool:
        """Whether there is anything to it."""
        return bool(self.past.any())

    def shifted(self, shift: int) -> Anomalies:
        """Each period has what was `shift` periods before it (after it, if negative)."""
        return Anomalies(_moved(self.past, shift), _moved(self.ahead, shift), self.reach + shift)


def smoothed(values: Float64Array, counts: Float64Array, freq: Freq) -> Float64Array:
    """The mean around each period, weighted by `counts`; (..., T) each, nan where nothing counts."""
    back = np.arange(values.shape[-1])
    kernel = np.exp(-0.5 * ((back[:, None] - back[None]) / SMOOTHING[freq]) ** 2)
    total, weight = (values * counts) @ kernel, counts @ kernel
    return np.where(weight > 1e-3, total / np.maximum(weight, 1e-3), np.nan)


def _clipped(values: Float64Array, periods: int) -> Float64Array:
    """Without what lies far out of the range of the past but for its outermost: a typing error moves nothing."""
    past = np.sort(np.where(np.isfinite(values[:, :periods]), values[:, :periods], np.nan), axis=1)  # nan comes last
    count = np.isfinite(past).sum(1)
    trimmed = np.ceil(_TRIMMED * count).astype(int)
    places = np.stack([np.minimum(trimmed, np.maximum(count - 1, 0)), np.maximum(count - 1 - trimmed, 0)], axis=1)
    low, high = np.take_along_axis(past, places, axis=1).T[:, :, None]
    slack = np.maximum(high - low, 0.0) / 2
    return np.clip(values, low - slack, high + slack)


def _memory(departure: Float64Array, counts: Float64Array) -> Float64Array:
    """How much of a departure is left after a period, (rows,), 0 to `_STEADIEST`."""
    both = counts[:, 1:] * counts[:, :-1]
    product = (departure[:, 1:] * departure[:, :-1] * both).sum(1)
    square = (departure[:, :-1] ** 2 * both).sum(1)
    memory: Float64Array = np.clip(product / np.maximum(square, 1e-12), 0.0, _STEADIEST)
    return memory


def _filled(values: Float64Array, known: BoolArray, memory: Float64Array) -> Float64Array:
    """What is not known, from what was known last."""
    columns = np.arange(values.shape[1])
    last = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    since = columns - last
    left = np.where((last >= 0) & (since < _STALE), memory[:, None] ** np.minimum(since, _STALE), 0.0)
    filled: Float64Array = np.take_along_axis(np.where(known, values, 0.0), np.maximum(last, 0), axis=1) * left
    return filled


def _moved(values: Float64Array, shift: int) -> Float64Array:
    moved = np.zeros_like(values)
    if shift > 0:
        moved[:, shift:] = values[:, :-shift]
    elif shift < 0:
        moved[:, :shift] = values[:, -shift:]
    else:
        moved[:] = values
    return moved
