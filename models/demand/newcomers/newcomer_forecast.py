"""Forecasts of new products: each period sells like the same period after the launch of products alike.

A period's distribution is that of what products alike sold around that age, each weighted by how alike it is: the
spread between products is in it, so that it is as wide as the ignorance. Where the product has sold already, those
that had sold about as much by that age count more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from models.alike import Alike, products_alike
from models.arrays import Float64Array, Int64Array
from models.demand.forecast import LEVELS
from models.demand.newcomers.launch_curves import LaunchCurves

LEAST = 10
"""With fewer past launches that are long enough ago, nothing is said of a new product."""
_AROUND = 3
"""Periods before and after the same age that are looked at as well."""
_SALES_SPREAD = 0.5
"""Early sales so far off, as a logarithm, count for 0.6 of the same ones."""


@dataclass(frozen=True)
class Newcomer:
    """The forecast of one new product, mean (H,) and quantiles (H, 5), and how many products alike tell it."""

    mean: Float64Array
    quantiles: Float64Array
    alike: int


def newcomers(
    curves: LaunchCurves, wanted: pd.DataFrame, ages: Sequence[int], days: Sequence[date], period: int
) -> list[Newcomer]:
    """The forecasts of products, for periods that begin on `days`; nothing where too few launches tell.

    Args:
        curves: the shop's launches; those whose first H periods are not over tell only of themselves.
        wanted: indexed by product_id, with category, department, brand and price.
        ages: how many periods before the first day each was launched; below 0 where it is still to come.
        days: the first day of each of the H periods.
        period: days in a period.
    """
    old = curves.select(np.flatnonzero(np.isfinite(curves.course[:, : len(days)]).all(1)))
    if len(old.items) < LEAST:
        return []
    rhythm = curves.weekdays[[day.weekday() for day in days]] if period == 1 else np.ones(len(days))
    own = {name: curves.course[row] for row, name in enumerate(curves.items.index)}
    found = products_alike(wanted, old.items)
    return [
        _newcomer(old.course, _by_sales(each, old.course, own.get(str(name))), age, rhythm)
        for name, each, age in zip(wanted.index, found, ages, strict=True)
    ]


def _by_sales(alike: Alike, course: Float64Array, own: Float64Array | None) -> Alike:
    """Those that sold about as much by the age that the product has reached count more."""
    seen = 0 if own is None else int(np.isfinite(own).sum())
    if own is None or not seen:
        return alike
    theirs = course[alike.rows, :seen]
    known = np.isfinite(theirs).sum(1)
    rate = np.nansum(theirs, axis=1) / np.maximum(known, 1) * seen
    off = np.abs(np.log1p(rate) - np.log1p(float(np.nansum(own))))
    weights = alike.weights * np.exp(-off / _SALES_SPREAD)
    return Alike(alike.rows, weights / weights.sum(), alike.level)


def _newcomer(course: Float64Array, alike: Alike, age: int, rhythm: Float64Array) -> Newcomer:
    horizon = len(rhythm)
    mean, quantiles = np.zeros(horizon), np.zeros((horizon, len(LEVELS)))
    for step in range(max(-age, 0), horizon):
        at = min(age + step, course.shape[1] - 1)
        near = course[alike.rows, max(at - _AROUND, 0) : at + _AROUND + 1]
        weights = alike.weights[:, None] * np.isfinite(near)
        if not weights.any():
            break
        values, weights = np.nan_to_num(near).reshape(-1), weights.reshape(-1) / weights.sum()
        mean[step] = values @ weights * rhythm[step]
        quantiles[step] = _weighted_quantiles(values, weights) * rhythm[step]
    return Newcomer(mean, quantiles, len(alike.rows))


def _weighted_quantiles(values: Float64Array, weights: Float64Array) -> Float64Array:
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    places = np.minimum(np.searchsorted(below, np.array(LEVELS) - 1e-9), len(order) - 1)
    found: Float64Array = values[order][places]
    return found


@dataclass(frozen=True)
class LaunchCoverage:
    """How forecasts of past launches would have done: how many, coverage of q05 to q95, and sums forecast and sold."""

    launches: int
    coverage: float
    forecast: float
    sold: float

    def as_json(self) -> Mapping[str, float]:
        """As the card holds it."""
        return {**vars(self), "bias": (self.forecast - self.sold) / self.sold if self.sold else 0.0}


def launch_coverage(curves: LaunchCurves, horizon: int, period: int, most: int = 200) -> LaunchCoverage | None:
    """Of the latest launches that are over, each from those that were over at its own; None where there are none."""
    over = np.flatnonzero(np.isfinite(curves.course[:, :horizon]).all(1))[-most:]
    covered, forecast, sold = [], 0.0, 0.0
    for row in over.tolist():
        launch = curves.items["launch"].iloc[row]
        before = curves.known(launch, horizon, period)
        days = [launch] * horizon
        found = newcomers(before, curves.items.iloc[[row]], [0], days, 7)
        if not found:
            continue
        truth = curves.course[row, :horizon]
        covered.append(((truth >= found[0].quantiles[:, 0]) & (truth <= found[0].quantiles[:, -1])).mean())
        forecast, sold = forecast + float(found[0].mean.sum()), sold + float(truth.sum())
    return LaunchCoverage(len(covered), float(np.mean(covered)), forecast, sold) if covered else None


def ages_at(launches: Sequence[date], as_of: date, period: int) -> Int64Array:
    """Whole periods from each launch to a day; below 0 where it is still to come."""
    return np.array([(as_of - day).days // period for day in launches], dtype=np.int64)
