"""A signal as what is unusual about it: against the weeks around for learning, against the last weeks for forecasts.

What a signal did for long is in the level of every series already; only how it departs from that moves sales.
Days of which nothing is known are expected to return from the last known value to the usual one as fast as the signal
does (an autoregression of order one): so a signal that stops, or has gaps, ends in no effect, not in a jump.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array
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
    """In standard deviations, (regions, T + H): 0 is usual, and wherever nothing can be told.

    past: against the periods around, for the periods behind the origin
    ahead: against the periods before the origin
    """

    past: Float64Array
    ahead: Float64Array

    @classmethod
    def of(cls, values: Float64Array, periods: int, freq: Freq) -> Anomalies:
        """Those of a signal's values, (regions, T + H), of which the first `periods` lie behind the origin."""
        each = [_of_region(row, periods, freq) for row in values]
        return cls(np.array([past for past, _ in each]), np.array([ahead for _, ahead in each]))

    @property
    def told(self) -> bool:
        """Whether there is anything to it."""
        return bool(self.past.any())

    def shifted(self, shift: int) -> Anomalies:
        """Each period has what was `shift` periods before it (after it, if negative)."""
        return Anomalies(_moved(self.past, shift), _moved(self.ahead, shift))


def smoothed(values: Float64Array, counts: Float64Array, freq: Freq) -> Float64Array:
    """The mean around each period, weighted by `counts`; (..., T) each, nan where nothing counts."""
    back = np.arange(values.shape[-1])
    kernel = np.exp(-0.5 * ((back[:, None] - back[None]) / SMOOTHING[freq]) ** 2)
    total, weight = (values * counts) @ kernel, counts @ kernel
    return np.where(weight > 1e-3, total / np.maximum(weight, 1e-3), np.nan)


def _of_region(values: Float64Array, periods: int, freq: Freq) -> tuple[Float64Array, Float64Array]:
    nothing = np.zeros_like(values)
    known = np.isfinite(values)
    if known[:periods].sum() < _LEAST:
        return nothing, nothing
    clipped = _clipped(values, values[:periods][known[:periods]])
    past, counts = np.where(known, clipped, 0.0)[:periods], known[:periods].astype(float)
    departure = np.where(counts > 0, past - smoothed(past, counts, freq), 0.0)
    spread = float(np.sqrt((departure**2).sum() / counts.sum()))
    if spread <= 1e-9 * max(float(np.abs(past).max()), 1e-9):
        return nothing, nothing
    weight = counts * 0.5 ** (np.arange(periods, 0, -1) / HALF_LIFE[freq])
    usual = float((past * weight).sum() / max(weight.sum(), 1e-12))
    ahead = _filled((clipped - usual) / spread, known, _memory(departure, counts))
    behind = np.concatenate([departure / spread, ahead[periods:]])
    return behind, ahead


def _clipped(values: Float64Array, past: Float64Array) -> Float64Array:
    """Without what lies far out of the range of the past but for its outermost: a typing error moves nothing."""
    ordered = np.sort(past)
    trimmed = int(np.ceil(_TRIMMED * len(ordered)))
    low, high = ordered[trimmed], ordered[-1 - trimmed]
    slack = (high - low) / 2
    return np.clip(values, low - slack, high + slack)


def _memory(departure: Float64Array, counts: Float64Array) -> float:
    """How much of a departure is left after a period, 0 to `_STEADIEST`."""
    both = counts[1:] * counts[:-1]
    product = float((departure[1:] * departure[:-1] * both).sum())
    square = float((departure[:-1] ** 2 * both).sum())
    return float(np.clip(product / square, 0.0, _STEADIEST)) if square > 0 else 0.0


def _filled(values: Float64Array, known: np.ndarray, memory: float) -> Float64Array:
    """What is not known, from what was known last."""
    place = np.where(known, np.arange(len(values)), -1)
    last = np.maximum.accumulate(place)
    since = np.arange(len(values)) - last
    left = np.where((last >= 0) & (since < _STALE), memory ** np.minimum(since, _STALE), 0.0)
    return np.where(left > 0, np.where(known, values, 0.0)[np.maximum(last, 0)] * left, 0.0)


def _moved(values: Float64Array, shift: int) -> Float64Array:
    moved = np.zeros_like(values)
    if shift > 0:
        moved[:, shift:] = values[:, :-shift]
    elif shift < 0:
        moved[:, :shift] = values[:, -shift:]
    else:
        moved[:] = values
    return moved
