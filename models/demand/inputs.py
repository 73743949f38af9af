"""The one function that derives what the boosters see, for every (series, step) at an origin.

Training, batch and serving call `derive`, so what was evaluated is what is served. Every figure of a series is
divided by its level, so that one booster learns from all series alike; the boosters predict sales over level.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Literal

import numpy as np

from core.errors import DataError
from feature_repo.families.series_promotions import CHANNELS
from models.arrays import Float32Array, Float64Array, Int64Array
from models.demand.lifts import NEAR_DAYS, holiday_lift, promotion_lifts
from models.demand.plans import Plans
from models.demand.series import Freq, Histories

MIN_PERIODS: dict[Freq, int] = {"D": 28, "W": 4}
_DAYS = (7, 14, 28, 56, 91, 182)
_LAGS = 8
_FAR = 15
_POOL_UNITS = 50.0
_FLOOR = 0.05


Part = Literal["level", "trend", "unrest", "season", "holidays", "promotions"]
"""What boosters read, by what it tells: how much lately, in which direction, how unsteadily, which day it is."""


@dataclass(frozen=True)
class InputColumn:
    """One input of the boosters, for the model card; `part` is the part of a forecast that its effect counts to."""

    name: str
    description: str
    unit: str
    part: Part


@dataclass(frozen=True)
class Inputs:
    """What the boosters see of S series at one origin.

    matrix: float32 (S * H, features), the steps of a series one after the other
    level: (S,), units per period: what predictions are multiplied by
    open: (H,), the share of each period's days on which the shop is not closed
    """

    matrix: Float32Array
    level: Float64Array
    open: Float64Array
    names: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """(S, H)."""
        return len(self.level), len(self.open)

    def only(self, names: Sequence[str]) -> Inputs:
        """Those of these names, in their order: what a model of an earlier release reads, which knew fewer.

        Raises:
            DataError: one of them is not derived any more.
        """
        if tuple(names) == self.names:
            return self
        unknown = sorted({*names} - {*self.names})
        if unknown:
            raise DataError(
                f"the model was trained on other inputs, such as {unknown[0]}",
                todo="train it anew: regulars train demand",
            )
        places = [self.names.index(name) for name in names]
        return replace(self, matrix=np.ascontiguousarray(self.matrix[:, places]), names=tuple(names))


def derive(histories: Histories, plans: Plans, horizon: int, rows: Int64Array | None = None) -> Inputs:
    """The inputs for `horizon` periods from the origin on.

    Args:
        histories: of all series of the shop: its total, and what is pooled over series, are inputs of each.
        plans: what is known of the days ahead.
        horizon: H, the periods ahead.
        rows: the series that inputs are derived of; None: all.

    Raises:
        DataError: the histories are too short.
    """
    _require_history(histories)
    own = histories if rows is None else histories.select(rows)
    wanted = slice(None) if rows is None else rows
    scale, total = level(own), histories.units.sum(0)
    columns: dict[str, Float64Array] = {}
    for part in (
        _means(own, scale),
        _spread(own, scale),
        _shop(total, histories),
        _dates(histories, plans, horizon),
        iter([("holiday_lift", holiday_lift(histories, plans, horizon)[wanted])]),
        _seasonal(own, total, scale, horizon),
        _promotions(own, _lifts(histories, horizon, wanted), horizon),
    ):
        columns.update(part)
    matrix = np.empty((len(scale), horizon, len(columns)), dtype=np.float32)
    for place, values in enumerate(columns.values()):
        matrix[:, :, place] = values
    return Inputs(matrix.reshape(-1, len(columns)), scale, _open(histories, plans, horizon), tuple(columns))


def level(histories: Histories) -> Float64Array:
    """Recent sales per period, (S,): 0.6 of the mean of 28 days and 0.4 of that of 91, at least a trickle.

    Days before a series' first sale do not count.
    """
    mean = 0.6 * _mean(histories, 28) + 0.4 * _mean(histories, 91)
    return np.maximum(mean, _FLOOR * histories.days)


Columns = Iterator[tuple[str, Float64Array]]


def _require_history(histories: Histories) -> None:
    needed = MIN_PERIODS[histories.freq]
    if histories.periods < needed:
        raise DataError(
            f"{histories.periods} periods of history before {histories.origin} are too few to forecast from",
            why=f"at least {needed} are needed",
            todo="take a later date",
        )


def _recent(histories: Histories, days: int) -> Float64Array:
    """The last days, nan before the first sale of a series that began within them."""
    recent = histories.units[:, -max(days // histories.days, 1) :]
    column = np.arange(histories.periods - recent.shape[1], histories.periods)
    return np.where(column < histories.started[:, None], np.nan, recent)


def _mean(histories: Histories, days: int) -> Float64Array:
    mean: Float64Array = np.nanmean(_recent(histories, days), axis=1)
    return mean


def _means(histories: Histories, scale: Float64Array) -> Columns:
    for days in _DAYS:
        yield f"mean_{days}d", (_mean(histories, days) / scale)[:, None]
    yield "level_log", np.log(scale)[:, None]


def _spread(histories: Histories, scale: Float64Array) -> Columns:
    month, quarter = _recent(histories, 28), _recent(histories, 91)
    yield "deviation_28d", (np.nanstd(month, axis=1) / scale)[:, None]
    yield "deviation_91d", (np.nanstd(quarter, axis=1) / scale)[:, None]
    yield "highest_28d", (np.nanmax(month, axis=1) / scale)[:, None]
    yield "change_91d", (_nanmean(np.abs(np.diff(quarter, axis=1))) / scale)[:, None]
    yield "zero_share_91d", np.nanmean(np.where(np.isnan(quarter), np.nan, quarter == 0), axis=1)[:, None]
    weeks = 8 if histories.periods * histories.days >= 56 else 4
    week = _recent(histories, 7 * weeks).reshape(len(scale), weeks, -1).sum(2)
    yield "median_week", (_nanmedian(week) * histories.days / 7 / scale)[:, None]
    yield "discount_change", (histories.discounts[:, 0] - histories.discounts[:, 1])[:, None]


def _shop(total: Float64Array, histories: Histories) -> Columns:
    """The shop as a whole: common shocks and seasons show in its total, (T,)."""
    usual = max(0.6 * _tail(total, 28, histories) + 0.4 * _tail(total, 91, histories), _FLOOR)
    for days in (7, 14, 28, 91):
        yield f"shop_mean_{days}d", np.full((1, 1), _tail(total, days, histories) / usual)


def _tail(total: Float64Array, days: int, histories: Histories) -> float:
    return float(total[-max(days // histories.days, 1) :].mean())


def _dates(histories: Histories, plans: Plans, horizon: int) -> Columns:
    days = histories.first_days(horizon)
    yield "step", np.arange(1.0, horizon + 1)[None]
    yield "weekday", np.array([float(day.weekday()) for day in days])[None]
    yield "day_of_month", np.array([float(day.day) for day in days])[None]
    for name, events in (("holiday", plans.holidays), ("closing", plans.closing)):
        yield f"days_to_{name}", np.array([_ahead(day, events) for day in days], dtype=float)[None]
        yield f"days_since_{name}", np.array([_behind(day, events) for day in days], dtype=float)[None]


def _ahead(day: date, events: tuple[date, ...]) -> int:
    return min([(event - day).days for event in events if event >= day] + [_FAR])


def _behind(day: date, events: tuple[date, ...]) -> int:
    return min([(day - event).days for event in events if event < day] + [_FAR])


def _seasonal(histories: Histories, total: Float64Array, scale: Float64Array, horizon: int) -> Columns:
    """The same weekday of the weeks before, and the weekday's share of the week: the series' and the shop's."""
    season, series = 7 // histories.days, len(scale)
    steps = np.arange(horizon)
    newest = histories.periods + steps - season * (steps // season + 1)
    columns = newest[:, None] - season * np.arange(_LAGS)
    known = columns >= histories.started[:, None, None]
    lags = np.where(known, histories.units[:, np.maximum(columns, 0)], np.nan) / scale[:, None, None]
    for lag in range(4):
        yield f"lag_{lag + 1}", lags[:, :, lag]
    yield "lag_mean_4", _nanmean(lags[:, :, :4])
    yield "lag_mean_8", _nanmean(lags)
    yield "lag_median_8", _nanmedian(lags)
    weeks = min(26, histories.periods // season)
    past = _recent(histories, 7 * weeks).reshape(series, weeks, season)
    own, shop = _profile(past), _profile(total[-weeks * season :].reshape(1, weeks, season))
    share = (np.nansum(past, axis=(1, 2)) / (np.nansum(past, axis=(1, 2)) + _POOL_UNITS))[:, None]
    yield "profile", (share * own + (1 - share) * shop)[:, steps % season]
    yield "shop_profile", shop[:, steps % season]


def _nanmean(values: Float64Array) -> Float64Array:
    """Mean of the last axis, nan where nothing is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean: Float64Array = np.nanmean(values, axis=-1)
    return mean


def _nanmedian(values: Float64Array) -> Float64Array:
    """Median of the last axis, nan where nothing is known; `np.nanmedian` takes far longer on many short rows."""
    ordered = np.sort(values, axis=-1)
    known = np.isfinite(ordered).sum(-1, keepdims=True)
    lower, upper = (np.take_along_axis(ordered, np.maximum(at, 0), axis=-1) for at in ((known - 1) // 2, known // 2))
    median: Float64Array = ((lower + upper) / 2)[..., 0]
    return median


def _profile(past: Float64Array) -> Float64Array:
    """(S, season): each weekday's mean over the mean of all days; 1 where nothing is known of it."""
    mean = _nanmean(past.reshape(len(past), -1))[:, None]
    own = _nanmean(past.transpose(0, 2, 1))
    return np.where((mean > 0) & np.isfinite(own), own / np.maximum(mean, 1e-9), 1.0)


def _lifts(histories: Histories, horizon: int, wanted: slice | Int64Array) -> list[Float64Array]:
    """What the wanted series' promotions do, per channel; nothing where the shop has none."""
    return [lift[wanted] for lift in promotion_lifts(histories, horizon)] if histories.promoted.any() else []


def _promotions(histories: Histories, lifts: Sequence[Float64Array], horizon: int) -> Columns:
    """Announced promotions against the usual, per channel, and how they change from week to week."""
    behind, season = histories.behind, 7 // histories.days
    if not lifts:
        nothing = np.full((1, 1), np.nan)
        for channel in CHANNELS:
            yield from ((f"{channel}_{name}", nothing) for name in _PROMOTION)
        return
    for channel, shares, lift in zip(CHANNELS, histories.promoted, lifts, strict=True):
        ahead, usual = shares[:, behind : behind + horizon], shares[:, behind - 56 // histories.days : behind]
        week = np.concatenate([shares[:, behind:], np.full((len(shares), season), np.nan)], axis=1)
        last = shares[:, behind - season : behind - season + horizon]
        yield f"{channel}_share", ahead
        yield f"{channel}_above_usual", ahead - usual.mean(1, keepdims=True)
        yield f"{channel}_last_week", (usual[:, -season:].mean(1) - usual.mean(1))[:, None]
        yield f"{channel}_week_before", last - ahead
        yield f"{channel}_week_after", week[:, season : season + horizon] - ahead
        yield f"{channel}_lift", lift


_PROMOTION = ("share", "above_usual", "last_week", "week_before", "week_after", "lift")


def _open(histories: Histories, plans: Plans, horizon: int) -> Float64Array:
    days = [first.toordinal() for first in histories.first_days(horizon)]
    closed = {day.toordinal() for day in plans.closed}
    return np.array([1 - sum(d + i in closed for i in range(histories.days)) / histories.days for d in days])


@cache
def columns() -> tuple[InputColumn, ...]:
    """What each input means, in the order of the matrix."""
    text = "mean sales of the last {} days (since its first sale) over the level"
    means = [InputColumn(f"mean_{days}d", text.format(days), "ratio", "trend") for days in _DAYS]
    shop = [
        InputColumn(f"shop_mean_{d}d", f"the whole shop's mean of {d} days over its level", "ratio", "trend")
        for d in (7, 14, 28, 91)
    ]
    lags = [
        InputColumn(f"lag_{k}", f"sales on the same weekday, {k} known weeks back, over the level", "ratio", "season")
        for k in range(1, 5)
    ]
    events = [
        InputColumn(
            f"days_{way}_{name}", f"days {way} the nearest {text}, {_FAR} = further or none", "days", "holidays"
        )
        for name, text in (("holiday", "holiday"), ("closing", "closure or holiday with few sales"))
        for way in ("to", "since")
    ]
    near = f"the series' sales as far from earlier holidays over the usual, within {NEAR_DAYS} days of one"
    events.append(InputColumn("holiday_lift", near, "ratio", "holidays"))
    promotions = [
        InputColumn(f"{channel}_{name}", text.format(channel), "share", "promotions")
        for channel in CHANNELS
        for name, text in zip(_PROMOTION, _PROMOTION_TEXTS, strict=True)
    ]
    return (
        *means, InputColumn("level_log", "logarithm of the level (units per period)", "log units", "level"),
        InputColumn("deviation_28d", "standard deviation of the last 28 days over the level", "ratio", "unrest"),
        InputColumn("deviation_91d", "standard deviation of the last 91 days over the level", "ratio", "unrest"),
        InputColumn("highest_28d", "highest sales of the last 28 days over the level", "ratio", "unrest"),
        InputColumn("change_91d", "mean absolute change from period to period over the level", "ratio", "unrest"),
        InputColumn("zero_share_91d", "share of periods without sales", "share", "unrest"),
        InputColumn("median_week", "median of the last 8 weeks over the level", "ratio", "trend"),
        InputColumn("discount_change", "share of discounted lines, last 28 less last 182 days", "share", "promotions"),
        *shop, InputColumn("step", "periods ahead of the origin", "periods", "trend"),
        InputColumn("weekday", "0 = Monday", "code", "season"),
        InputColumn("day_of_month", "day of the month", "days", "season"), *events, *lags,
        InputColumn("lag_mean_4", "mean of the last 4 of the same weekday over the level", "ratio", "season"),
        InputColumn("lag_mean_8", "mean of the last 8 of the same weekday over the level", "ratio", "season"),
        InputColumn("lag_median_8", "median of the last 8 of the same weekday over the level", "ratio", "season"),
        InputColumn("profile", "the weekday's mean over all days', near the shop's where few sell", "ratio", "season"),
        InputColumn("shop_profile", "the weekday's mean over all days', whole shop", "ratio", "season"), *promotions,
    )  # fmt: skip


_PROMOTION_TEXTS = (
    "share of the series promoted on the day ({0})",
    "that share less its mean of the last 56 days ({0})",
    "the last week's share less the mean of the last 56 days ({0})",
    "the share a week before the day less the day's ({0})",
    "the share a week after the day less the day's ({0})",
    "what such promotions added to the series' sales before, as a share of the usual ({0})",
)
