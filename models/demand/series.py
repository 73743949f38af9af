"""Demand series as arrays: unpacked from the feature store's lists, per day or per week from Monday."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
from pandas import DataFrame

from core.errors import DataError
from core.settings import Demand
from feature_repo.families.series_features import SEPARATOR
from feature_repo.families.series_interest import INTEREST
from feature_repo.families.series_promotions import CHANNELS, DAYS_BEHIND
from models.arrays import BoolArray, Float64Array, Int64Array
from models.demand.stockouts import filled

Freq = Literal["D", "W"]
PERIOD: dict[Freq, int] = {"D": 1, "W": 7}
"""Days in one period."""


def origin(as_of: date, freq: Freq) -> date:
    """The first day that is forecast: the date itself, or the Monday of its week (whose days are then not used)."""
    return as_of if freq == "D" else as_of - timedelta(days=as_of.weekday())


def steps(settings: Demand) -> int:
    """How many periods the horizon has."""
    return -(-settings.horizon_days // PERIOD[settings.freq])


def split_id(series_id: str, keys: Sequence[str]) -> tuple[str, ...]:
    """The key values of a series id, in the order of `keys`: the inverse of `join_keys`.

    Raises:
        DataError: the id has another number of keys.
    """
    if len(keys) == 1:
        return (series_id,)
    parts = series_id.split(SEPARATOR)
    if len(parts) != len(keys):
        raise DataError(f"{series_id!r} is no series", why=f"its keys are {', '.join(keys)}")
    return tuple(part.replace("%7C", SEPARATOR).replace("%25", "%") for part in parts)


def join_keys(values: Sequence[str]) -> str:
    """The id of the series with these key values, as the feature store builds it."""
    if len(values) == 1:
        return values[0]
    return SEPARATOR.join(value.replace("%", "%25").replace(SEPARATOR, "%7C") for value in values)


@dataclass(frozen=True)
class Histories:
    """What is known of S series at an origin, over T periods behind it.

    units: (S, T), oldest first, the last column is the period before the origin; 0 where nothing sold
    started: (S,), the column of the first sale (0 where it lies further back)
    revenue: (S,), of the last 28 days
    discounts: (S, 2), the share of lines with a discount in the last 28 and 182 days (nan: no sales)
    promoted: (channels, S, behind + ahead), the share of the series promoted per period, `behind` of them
        before the origin
    interest: (kinds of `series_interest`, S, T), events of each period, nan before the first; None: none are known
    out: (S, T), periods with a day without stock, whose units are what would have sold (`stockouts`); None: no day
    """

    ids: tuple[str, ...]
    origin: date
    freq: Freq
    units: Float64Array
    started: Int64Array
    revenue: Float64Array
    discounts: Float64Array
    promoted: Float64Array
    behind: int
    high_risk: BoolArray
    out: BoolArray | None = None
    interest: Float64Array | None = None

    @property
    def periods(self) -> int:
        """T, the periods behind the origin."""
        return int(self.units.shape[1])

    @property
    def days(self) -> int:
        """Days in a period."""
        return PERIOD[self.freq]

    def first_days(self, count: int) -> list[date]:
        """The first day of each of the `count` periods from the origin on."""
        return [self.origin + timedelta(days=self.days * step) for step in range(count)]

    def select(self, rows: Int64Array) -> Histories:
        """The same for some of the series."""
        return Histories(
            tuple(self.ids[row] for row in rows),
            self.origin,
            self.freq,
            self.units[rows],
            self.started[rows],
            self.revenue[rows],
            self.discounts[rows],
            self.promoted[:, rows],
            self.behind,
            self.high_risk[rows],
            None if self.out is None else self.out[rows],
            None if self.interest is None else self.interest[:, rows],
        )


def unpack(features: DataFrame, as_of: date, settings: Demand) -> Histories:
    """The series of a frame with the features of `series_features` as of `origin(as_of, freq)`.

    Args:
        features: one row per series, `series_id` and the view's features.
        as_of: the date of the snapshot: for weekly series, a Monday.
        settings: `demand.freq` and `demand.horizon_days`.

    Raises:
        DataError: there is no series.
    """
    if features.empty:
        raise no_series(as_of, settings)
    first, period = features["first_sold_days"].to_numpy(dtype=int), PERIOD[settings.freq]
    periods = _periods(features, period)
    units = np.stack([_dense(d, u, periods * period) for d, u in _pairs(features, "sold_days", "sold_units")])
    units, out = _with_stockouts(features, units, as_of)
    behind, ahead = DAYS_BEHIND // period, steps(settings)
    return Histories(
        ids=tuple(features["series_id"].astype(str)),
        origin=as_of,
        freq=settings.freq,
        units=units.reshape(len(features), periods, period).sum(2),
        started=np.maximum(periods - -(-first // period), 0),
        revenue=features["revenue_28d"].to_numpy(dtype=float),
        discounts=features[["discount_share_28d", "discount_share_182d"]].to_numpy(dtype=float),
        promoted=_promoted(features, behind * period, ahead * period).reshape(
            len(CHANNELS), len(features), behind + ahead, period
        ).mean(3),
        behind=behind,
        high_risk=features["high_risk"].to_numpy(dtype=float) > 0,
        out=None if out is None else np.any(out.reshape(len(features), periods, period), axis=2),
        interest=_interest(features, periods, period),
    )  # fmt: skip


def no_series(as_of: date, settings: Demand, needed: str = "") -> DataError:
    """The refusal where no series has sold often enough before a date; `needed` says what the date is needed for."""
    sold, weekly = f"on {settings.min_periods} days", 'demand.freq = "W" where the shop sells on few days of the week, '
    if settings.freq == "W":
        sold, weekly = f"in {settings.min_periods} weeks", ""
    return DataError(
        f"no series as of {as_of}{needed}",
        why=f"none was sold {sold} before it (demand.min_days = {settings.min_days})",
        todo=f"take a later date, or set in regulars.toml: {weekly}coarser demand.series, or a lower demand.min_days",
    )


def _periods(features: DataFrame, period: int) -> int:
    """Whole periods back to the earliest packed day of any series; for weeks, an incomplete first one is cut."""
    oldest = max((int(np.max(days)) for days in features["sold_days"] if days is not None and len(days)), default=0)
    return max(oldest // period if period > 1 else oldest, 1)


def _pairs(features: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return list(zip(*(features[column] for column in columns), strict=True))


def _dense(days: Any, units: Any, length: int) -> Float64Array:
    """Days before the origin and their units as one array of days, oldest first."""
    dense = np.zeros(length)
    if days is None:
        return dense
    position = length - np.asarray(days, dtype=int)
    inside = position >= 0
    dense[position[inside]] = np.asarray(units, dtype=float)[inside]
    return dense


def _with_stockouts(features: DataFrame, units: Float64Array, as_of: date) -> tuple[Float64Array, BoolArray | None]:
    """Daily units with what would have sold on days without stock, and these days; a frame may lack what tells them."""
    out, short = (_marked(features, name, units.shape[1]) for name in ("out_days", "short_days"))
    if not (out.any() or short.any()):
        return units, None
    first = np.maximum(units.shape[1] - features["first_sold_days"].to_numpy(dtype=int), 0)
    weekdays = (as_of.weekday() - np.arange(units.shape[1], 0, -1)) % 7
    return filled(units, out, short, first, weekdays), out


def _interest(features: DataFrame, periods: int, period: int) -> Float64Array | None:
    """Events per kind, series and period; a frame of an earlier release lacks what tells them."""
    days = features.get("interest_days", ())
    if not any(np.ndim(each) and len(each) for each in days):
        return None
    kinds = [_pairs(features, "interest_days", f"interest_{kind}") for kind in INTEREST.values()]
    daily = np.array([[_dense(d, e, periods * period) for d, e in kind] for kind in kinds])
    begun = np.maximum.accumulate(daily.any(axis=1), axis=1)[:, None]
    told: Float64Array = np.where(begun, daily, np.nan).reshape(*daily.shape[:2], periods, period).sum(3)
    return told


def _marked(features: DataFrame, name: str, length: int) -> BoolArray:
    """(S, length): the days of a column of days before the origin."""
    marked = np.zeros((len(features), length), dtype=bool)
    for row, days in enumerate(features.get(name, ())):
        if np.ndim(days):
            places = length - np.asarray(days, dtype=int)
            marked[row, places[places >= 0]] = True
    return marked


def _promoted(features: DataFrame, behind: int, ahead: int) -> Float64Array:
    """Spans as shares per day, (channels, S, behind + ahead)."""
    columns = ("promo_starts", "promo_ends", *(f"promo_{channel}" for channel in CHANNELS))
    promoted = np.zeros((len(CHANNELS), len(features), behind + ahead))
    for row, (starts, ends, *shares) in enumerate(_pairs(features, *columns)):
        if starts is None or np.ndim(starts) == 0:
            continue
        for start, end, *share in zip(starts, ends, *shares, strict=True):
            promoted[:, row, max(int(start) + behind, 0) : max(int(end) + behind + 1, 0)] += np.reshape(share, (-1, 1))
    return promoted
