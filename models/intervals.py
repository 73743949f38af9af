"""Confidence intervals by the bootstrap over units (customers, series), and of paired differences.

A statistic is a function of a frame with one row per unit. One that offers `resampled` computes itself for a
whole block of bootstrap weights at once; any other is computed resample by resample.
The percentile bootstrap is Efron & Tibshirani (1993), chapter 13.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame

Floats = NDArray[np.float64]
Statistic = Callable[["DataFrame"], float]

RESAMPLES = 1000
LEVEL = 0.95
_CELLS = 4_000_000  # weights held in memory at once: 32 MB


@dataclass(frozen=True)
class Interval:
    """A value and the bounds of its interval (95% unless said otherwise)."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Interval:
        """The inverse of `as_dict`."""
        return cls(float(values["value"]), float(values["low"]), float(values["high"]))

    def wholly_worse(self, higher_is_better: bool) -> bool:
        """Of a difference: whether the whole interval lies on the wrong side of zero."""
        return self.high < 0 if higher_is_better else self.low > 0

    def wholly_better(self, higher_is_better: bool) -> bool:
        """Of a difference: whether the whole interval lies on the right side of zero."""
        return self.wholly_worse(not higher_is_better)

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


@runtime_checkable
class Resampled(Protocol):
    """A statistic that computes itself for many resamples at once.

    `biased`: its value is larger the fewer rows there are, as a mean of absolute errors is, and larger again on a
    resample, which has fewer different rows. Its interval is moved down by that.
    """

    biased: bool = False

    def __call__(self, frame: DataFrame) -> float:
        """Its value on the frame as it is, where every row counts once."""
        return float(self.resampled(frame, np.ones((1, len(frame))))[0])

    def resampled(self, frame: DataFrame, weights: Floats) -> Floats:
        """Its values, shape (B,), when row i counts `weights[b, i]` times; weights has shape (B, rows)."""
        ...


@dataclass(frozen=True)
class Ratio(Resampled):
    """Sum of one column over the sum of another, over the rows where both are known."""

    numerator: str
    denominator: str

    def resampled(self, frame: DataFrame, weights: Floats) -> Floats:
        """Its values for each row of weights, shape (B,)."""
        top, bottom = (frame[name].to_numpy(dtype=float) for name in (self.numerator, self.denominator))
        known = np.isfinite(top) & np.isfinite(bottom)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (weights @ np.where(known, top, 0.0)) / (weights @ np.where(known, bottom, 0.0))


@dataclass(frozen=True)
class Mean(Resampled):
    """The mean of a column over the rows where it is known."""

    column: str

    def resampled(self, frame: DataFrame, weights: Floats) -> Floats:
        """Its values for each row of weights, shape (B,)."""
        values = frame[self.column].to_numpy(dtype=float)
        known = np.isfinite(values)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (weights @ np.where(known, values, 0.0)) / (weights @ known.astype(float))
        return cast(Floats, mean)


def bootstrap(
    frame: DataFrame, statistic: Statistic, n: int = RESAMPLES, seed: int = 0, *, level: float = LEVEL
) -> Interval:
    """The statistic and its percentile interval over `n` resamples of the rows.

    Raises:
        DataError: the frame has no rows.
    """
    return bootstrap_all(frame, {"": statistic}, n, seed, level=level)[""]


def paired(
    frame_a: DataFrame,
    frame_b: DataFrame,
    statistic: Statistic,
    n: int = RESAMPLES,
    seed: int = 0,
    *,
    level: float = LEVEL,
) -> Interval:
    """Statistic of `a` minus statistic of `b`, and its interval, over the units (index) that both have.

    The same resample of units is drawn for both, so what makes a unit hard for both cancels out.

    Raises:
        DataError: the two have no unit in common.
    """
    a, b = _common(frame_a, frame_b)
    blocks = _weights(len(a), n, seed)
    values = np.concatenate([_values(a, statistic, w) - _values(b, statistic, w) for w in blocks])
    return _interval(float(statistic(a)) - float(statistic(b)), values, level)


def over_windows(
    frames: Sequence[DataFrame],
    statistic: Resampled,
    n: int = RESAMPLES,
    seed: int = 0,
    *,
    less: Sequence[DataFrame] | None = None,
    level: float = LEVEL,
) -> Interval:
    """The mean of a statistic over several windows (`less` that of others on the same windows), and its interval.

    Units are drawn whole: one that stands in several windows (a customer at several dates) is drawn in all of them,
    as often in each, since what it does in one goes with what it does in the next.

    Raises:
        DataError: there is no window, or one in which two evaluations have no unit in common.
    """
    if not frames:
        raise DataError("there is no window to evaluate")
    pairs = [_common(a, b) for a, b in zip(frames, less, strict=True)] if less is not None else [(a,) for a in frames]
    units = frames[0].index
    for frame in frames[1:]:
        units = units.union(frame.index)
    places = [units.get_indexer(pair[0].index) for pair in pairs]

    def mean(weights: Floats | None) -> Floats:
        drawn = [np.ones((1, len(place))) if weights is None else weights[:, place] for place in places]
        values = [
            statistic.resampled(pair[0], w) - (statistic.resampled(pair[1], w) if len(pair) > 1 else 0.0)
            for pair, w in zip(pairs, drawn, strict=True)
        ]
        return cast(Floats, np.mean(values, axis=0))

    values = np.concatenate([mean(weights) for weights in _weights(len(units), n, seed)])
    return _interval(float(mean(None)[0]), values, level, less is None and statistic.biased)


def _common(a: DataFrame, b: DataFrame) -> tuple[DataFrame, ...]:
    """The rows of the units that both have, in one order."""
    common = a.index.intersection(b.index).sort_values()
    if common.empty:
        raise DataError("the two evaluations have no unit in common, so they can't be compared")
    return a.loc[common], b.loc[common]


def bootstrap_all(
    frame: DataFrame,
    statistics: Mapping[str, Statistic],
    n: int = RESAMPLES,
    seed: int = 0,
    *,
    level: float = LEVEL,
) -> dict[str, Interval]:
    """Every statistic with its interval; each resample is drawn once for all.

    Raises:
        DataError: the frame has no rows.
    """
    _require_rows(frame)
    values: dict[str, list[Floats]] = {name: [] for name in statistics}
    for weights in _weights(len(frame), n, seed):
        for name, statistic in statistics.items():
            values[name].append(_values(frame, statistic, weights))
    return {
        name: _interval(float(statistic(frame)), np.concatenate(values[name]), level, _is_biased(statistic))
        for name, statistic in statistics.items()
    }


def _weights(rows: int, n: int, seed: int) -> Iterator[Floats]:
    """How often each row is drawn in each of `n` resamples, in blocks of shape (<= B, rows)."""
    rng = np.random.default_rng(seed)
    block = max(1, _CELLS // rows)
    for start in range(0, n, block):
        size = min(block, n - start)
        drawn = rng.integers(0, rows, (size, rows)) + np.arange(size)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(float)


def _values(frame: DataFrame, statistic: Statistic, weights: Floats) -> Floats:
    if isinstance(statistic, Resampled):
        return statistic.resampled(frame, weights)
    rows = np.arange(len(frame))
    return np.array([statistic(frame.iloc[np.repeat(rows, w.astype(int))]) for w in weights])


def _is_biased(statistic: Statistic) -> bool:
    return isinstance(statistic, Resampled) and statistic.biased


def _interval(value: float, values: Floats, level: float, biased: bool = False) -> Interval:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return Interval(value, math.nan, math.nan)
    if biased:
        finite = np.maximum(finite - (finite.mean() - value), 0.0)
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))


def _require_rows(frame: DataFrame) -> None:
    if frame.empty:
        raise DataError("there is nobody to evaluate: the evaluation has no rows")


def finite(value: float) -> float | None:
    """For JSON, which has no number for what could not be computed."""
    return value if math.isfinite(value) else None
