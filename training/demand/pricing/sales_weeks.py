"""The weeks that prices are learnt from, read from a workspace: one unit per series that is forecast.

A week's price is what was paid per unit. Of a series with several products it is an index: the mean of each product's
logarithm of price over its own usual one, each as heavy as it sells, so that a week with more of the dear ones is no
dearer. A product that did not sell in a week counts with its regular price: the median of its last weeks with sales.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.settings import Demand
from core.workspace import Workspace
from feature_repo import facts
from feature_repo.families.series_features import PLACES
from models.arrays import BoolArray, Float64Array, Int64Array
from models.demand.plans import Calendar
from models.demand.series import Histories, split_id
from training.demand.pricing.weekly_panel import WeeklyPanel, seasons

MOST_WEEKS = 156
_REGULAR = 9
"""Weeks with sales whose median is a product's regular price."""
_RECENT = 8


@dataclass(frozen=True)
class SalesWeeks:
    """The panel of S series, and what a unit of each has cost.

    price: (S,), per unit, lately; extremes: (S, 2), the lowest and highest price of a week
    """

    ids: tuple[str, ...]
    panel: WeeklyPanel
    price: Float64Array
    extremes: Float64Array


def read(workspace: Workspace, at: Mapping[date, Histories], days: Calendar) -> SalesWeeks | None:
    """The weeks before the newest of the origins, of the series known at it; None where nothing can be told.

    Args:
        workspace: whose orders are read.
        at: what was known at each origin: the promotions of the weeks before.
        days: the shop's calendar.
    """
    newest = at[max(at)]
    sold = facts.weekly_sales(workspace, newest.origin, MOST_WEEKS)
    sold = sold[sold["series_id"].isin(newest.ids) & (sold["units"] > 0) & (sold["revenue"] > 0)]
    if sold.empty:
        return None
    weeks = int(sold["week"].max()) + 1
    units = _grid(sold, newest.ids, weeks, "units")
    revenue = _grid(sold, newest.ids, weeks, "revenue")
    began = np.array([np.argmax(row > 0) if (row > 0).any() else weeks for row in units])
    index = _price_index(sold, newest.ids, weeks)
    seen = (np.arange(weeks) >= began[:, None]) & np.isfinite(index)
    price = np.where(seen, index, 0.0)
    lately = _lately(revenue, units)
    ends = np.stack([_edge(price, seen, q) - _recent(price, seen) for q in (0.01, 0.99)], axis=1)
    kinds = _kinds(sold, newest.ids, workspace.settings.demand)
    panel = WeeklyPanel(units, price, _promoted(at, weeks), seen, *kinds, _calendar(newest.origin, weeks, days))
    return SalesWeeks(newest.ids, panel, lately, lately[:, None] * np.exp(ends))


def _rows(ids: Sequence[str], wanted: pd.Series[str]) -> Int64Array:
    """Where each of the wanted stands among the ids, -1 where it does not."""
    return np.asarray(pd.Index(ids).get_indexer(pd.Index(wanted)), dtype=np.int64)


def _grid(sold: pd.DataFrame, ids: Sequence[str], weeks: int, column: str) -> Float64Array:
    """Sums per series and week, oldest first, (S, W)."""
    place = _rows(ids, sold["series_id"])
    grid = np.zeros((len(ids), weeks))
    np.add.at(grid, (place, weeks - 1 - sold["week"].to_numpy(dtype=int)), sold[column].to_numpy(dtype=float))
    return grid


def _price_index(sold: pd.DataFrame, ids: Sequence[str], weeks: int) -> Float64Array:
    """The logarithm of price over the usual, (S, W); nan before a series' first sale."""
    sold = sold.sort_values(["series_id", "product_id", "week"], ascending=[True, True, False])
    pair = sold.groupby(["series_id", "product_id"], sort=False).ngroup().to_numpy()
    first = np.unique(pair, return_index=True)[1]
    log = np.full((len(first), weeks), np.nan)
    price = np.log(sold["revenue"].to_numpy(dtype=float) / sold["units"].to_numpy(dtype=float))
    log[pair, weeks - 1 - sold["week"].to_numpy(dtype=int)] = price
    usual = np.nanmedian(log, axis=1, keepdims=True)
    last = pd.Series(price).groupby(pair).rolling(_REGULAR, min_periods=1).median().to_numpy()
    regular = np.full(log.shape, np.nan)
    regular[pair, weeks - 1 - sold["week"].to_numpy(dtype=int)] = last
    log = np.where(np.isnan(log), pd.DataFrame(regular).ffill(axis=1).to_numpy(), log) - usual
    weight = np.bincount(pair, sold["units"].to_numpy(dtype=float))[:, None] * np.isfinite(log)
    series = _rows(ids, sold["series_id"].iloc[first])
    sums, weights = np.zeros((2, len(ids), weeks))
    np.add.at(sums, series, weight * np.nan_to_num(log))
    np.add.at(weights, series, weight)
    found: Float64Array = np.where(weights > 0, sums / np.where(weights > 0, weights, 1.0), np.nan)
    return found


def _lately(revenue: Float64Array, units: Float64Array) -> Float64Array:
    """The median price of the last weeks with sales, (S,)."""
    price = np.where(units > 0, revenue / np.where(units > 0, units, 1.0), np.nan)
    return np.array([np.median(row[np.isfinite(row)][-_RECENT:]) if np.isfinite(row).any() else np.nan
                     for row in price])  # fmt: skip


def _recent(price: Float64Array, seen: BoolArray) -> Float64Array:
    return np.array([np.median(row[there][-_RECENT:]) if there.any() else 0.0
                     for row, there in zip(price, seen, strict=True)])  # fmt: skip


def _edge(price: Float64Array, seen: BoolArray, level: float) -> Float64Array:
    return np.array([np.quantile(row[there], level) if there.any() else 0.0
                     for row, there in zip(price, seen, strict=True)])  # fmt: skip


def _kinds(sold: pd.DataFrame, ids: Sequence[str], settings: Demand) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Which series are pooled, which may take sales from each other, and which do so in one place, each (S,)."""
    last = sold.drop_duplicates("series_id").set_index("series_id").reindex(list(ids))
    keys = settings.series
    category = last["category"].fillna("").astype(str)
    values = pd.DataFrame([split_id(each, keys) for each in ids], columns=list(keys), index=list(ids))
    if "product_id" in keys:
        places = [key for key in (*PLACES, "channel") if key in keys]
        market = category.str.cat(values[places], sep="|") if places else category
        return _codes(category), _codes(category), _codes(market)
    if "category" in keys:
        return _codes(last["department"].fillna("").astype(str)), _codes(values["category"]), np.arange(len(ids))
    wares = [key for key in keys if key in ("department", "brand")]
    ware = values[wares].agg("|".join, axis=1) if wares else pd.Series("", index=list(ids))
    return np.zeros(len(ids), dtype=int), _codes(ware), np.arange(len(ids))


def _codes(names: pd.Series[str]) -> Int64Array:
    codes, _ = pd.factorize(names, sort=True)
    return np.asarray(codes, dtype=np.int64)


def _promoted(at: Mapping[date, Histories], weeks: int) -> Float64Array:
    """The share promoted per channel, series and week, (C, S, W), as the first origin after each day knew it."""
    newest = at[max(at)]
    span = 7 * weeks
    found = np.zeros((newest.promoted.shape[0], len(newest.ids), span))
    for origin in sorted(at, reverse=True):
        known = at[origin]
        back = (newest.origin - origin).days
        rows = _rows(known.ids, pd.Series(newest.ids))
        daily = np.repeat(known.promoted[:, :, : known.behind], known.days, axis=2)
        daily = np.where(rows[None, :, None] >= 0, daily[:, rows], 0.0)
        first, last = span - back - daily.shape[2], span - back
        if last > 0:
            found[:, :, max(first, 0) : last] = daily[:, :, max(-first, 0) :]
    weekly: Float64Array = found.reshape(*found.shape[:2], weeks, 7).mean(3)
    return weekly


def _calendar(origin: date, weeks: int, days: Calendar) -> Float64Array:
    """Season and trend, then the holidays and closed days of each week, and the holidays of the one after, (W, 8)."""
    first = origin - timedelta(days=7 * weeks)
    counts = np.zeros((weeks + 1, 2))
    for day in days.days:
        place = (day.day - first).days // 7
        if 0 <= place <= weeks:
            counts[place, int(day.closure)] += 1
    numbers: Float64Array = first.toordinal() / 7 + np.arange(weeks, dtype=np.float64)
    return np.hstack([seasons(numbers), counts[:-1], counts[1:, :1]])
