"""Which of the shop's weekly series moved: farther than matters, and than their own past and chance explain.

Forecasts, moderated t and error budget are those of drift (`drift.expectation`, `error_budget`). One thing more: parts
have holidays (sweets in October), each once a year, and a first year tells nobody which. So an error must also be
clearly larger, in its standard errors, than the largest that any series of its kind had in the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from models.arrays import Float64Array, Int64Array
from monitoring import error_budget
from monitoring.drift import expectation
from monitoring.shop_series.weekly_series import WHOLE, ShopWeeks, WeeklySeries

SHARES_MARGIN, SHOP_MARGIN, PART_MARGIN = 0.1, 0.15, 0.4
"""Least distances that matter: of the arcsine of a share's root, of a logarithm of the shop (16%), of a part (1.5)."""
LEAST = 0.003
STILL = 0.05
"""A series that has moved stays so while it is beyond its margin at this probability."""
_LOGARITHMS = ("lines", "units", "revenue", "stores")


@dataclass(frozen=True)
class MovedSeries:
    """A series that moved: by how much (`distance`: logarithms or arcsines), since when, and the revenue it holds."""

    of: WeeklySeries
    distance: float
    p: float
    since: date
    revenue: float

    @property
    def is_factor(self) -> bool:
        """Whether the distance is a logarithm."""
        return self.of.measure in _LOGARITHMS


def judge(
    weeks: ShopWeeks, level: float, as_of: date, moved_since: Mapping[str, date]
) -> tuple[list[MovedSeries], int]:
    """The series that moved, and how many could be judged; `moved_since` are those of the look before, by key."""
    error, p = _told(weeks, moved_since)
    judged = np.isfinite(p)
    if not judged.any():
        return [], 0
    margin = np.array([_margin(each) for each in weeks.series])
    far = np.abs(error) >= margin
    told = {each.key: float(p[i]) if far[i] else 1.0 for i, each in enumerate(weeks.series) if judged[i]}
    found = error_budget.discoveries(told, level, _weights(weeks))
    moved = [
        MovedSeries(each, float(error[i]), float(p[i]), moved_since.get(each.key, as_of), float(weeks.revenue[i]))
        for i, each in enumerate(weeks.series)
        if judged[i] and (each.key in found or (each.key in moved_since and far[i] and p[i] <= STILL))
    ]
    return sorted(moved, key=lambda each: -each.revenue), int(judged.sum())


def _margin(series: WeeklySeries) -> float:
    if series.measure not in _LOGARITHMS:
        return SHARES_MARGIN
    return SHOP_MARGIN if series.kind == WHOLE else PART_MARGIN


def _weights(weeks: ShopWeeks) -> dict[str, float]:
    """Half shared equally, half by revenue."""
    total, count = float(weeks.revenue.sum()) or 1.0, len(weeks.series)
    return {
        each.key: 0.5 / count + 0.5 * share / total for each, share in zip(weeks.series, weeks.revenue, strict=True)
    }


def _told(weeks: ShopWeeks, moved_since: Mapping[str, date]) -> tuple[Float64Array, Float64Array]:
    """The error of each series and its probability; of one that moved before, beside the weeks before that."""
    error, p = np.full(len(weeks.series), np.nan), np.full(len(weeks.series), np.nan)
    starts = [moved_since[each.key].toordinal() if each.key in moved_since else 0 for each in weeks.series]
    for start in sorted(set(starts)):
        own = np.flatnonzero(np.array(starts) == start)
        kept = (weeks.days < start) if start else np.ones(len(weeks.days), dtype=bool)
        kept[-1] = True
        error[own], p[own] = _judged(weeks, np.flatnonzero(kept), own)
    return error, p


def _judged(weeks: ShopWeeks, kept: Int64Array, own: Int64Array) -> tuple[Float64Array, Float64Array]:
    series = [weeks.series[i] for i in own]
    alike = np.unique([f"{each.kind} {each.measure}" for each in series], return_inverse=True)[1].astype("int64")
    floor = 1 / np.sqrt(np.maximum(weeks.lines[own], 1.0)) + LEAST
    days = weeks.days[kept]
    verdicts = expectation.judge(days, weeks.values[np.ix_(kept, own)], floor, alike)
    return verdicts.error, _beside_others(verdicts, alike, len(days))


def _beside_others(verdicts: expectation.SeriesVerdicts, alike: Int64Array, weeks: int) -> Float64Array:
    """An error that others of its kind had, in standard errors, is no rarer than one in all of theirs."""
    p = verdicts.p.copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        size, most = np.abs(verdicts.error) / verdicts.sigma, verdicts.most / verdicts.sigma
    for kind in np.unique(alike):
        own = (alike == kind) & np.isfinite(most)
        if own.sum() >= expectation.FEWEST_LENDERS:
            usual = own & (size <= expectation.CLEARLY * most[own].max())
            p[usual] = np.maximum(p[usual], 1 / (own.sum() * weeks + 1))
    return p
