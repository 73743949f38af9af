"""Learns how series answer to price and promotion, and says of which of them a scenario can't be answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
from scipy.special import ndtr

from core.workspace import Workspace
from feature_repo.families.series_promotions import CHANNELS
from models.arrays import BoolArray, Float64Array
from models.demand.plans import Calendar
from models.demand.pricing.responses import COUNT, LEAST_SURE, NO_RESPONSES, PriceResponses
from models.demand.series import Histories
from training.demand.pricing.cross_fitting import Residuals, cross_fit
from training.demand.pricing.pooling import Pooled, pool
from training.demand.pricing.sales_weeks import SalesWeeks, read
from training.demand.pricing.weekly_panel import WeeklyPanel

LEAST_WEEKS = 16
"""Weeks of a series of which anything is told."""
_MOVED = 0.01
"""A price has moved in a week in which it was further than this from its median, as a share."""
_MOVES = 3
_LEFT = 0.015
"""The deviation of what is left of a price, at least, of which a response is told."""
_PROMOTED = 0.02
"""The deviation of the share promoted, at least, of which an effect is told."""


def learn_responses(workspace: Workspace, at: Mapping[date, Histories], days: Calendar) -> PriceResponses:
    """The responses of the series known at the newest of the origins, from what was known before it."""
    weeks = read(workspace, at, days)
    if weeks is None or weeks.panel.shape[1] < LEAST_WEEKS:
        return NO_RESPONSES
    return responses(weeks, workspace.settings.seed, workspace.settings.threads)


def responses(weeks: SalesWeeks, seed: int, threads: int = 1) -> PriceResponses:
    """The responses that weeks of sales show."""
    panel, varied = weeks.panel, _varied(weeks.panel)
    used = varied.any(0)
    moved = _moved(panel)
    panel = panel.with_channels(np.flatnonzero(used))
    if not moved.any() and not used.any():
        return _put_together(weeks, moved, varied, None, None)
    left = cross_fit(panel, seed, threads)
    return _put_together(weeks, moved, varied, left, pool(panel, left))


def _put_together(
    weeks: SalesWeeks, moved: BoolArray, varied: BoolArray, left: Residuals | None, pooled: Pooled | None
) -> PriceResponses:
    count, places = len(weeks.ids), [0, *(1 + np.flatnonzero(varied.any(0)))]
    mean, covariance = np.zeros((count, COUNT)), np.zeros((count, COUNT, COUNT))
    own = np.zeros(count)
    if pooled is not None:
        mean[:, places] = pooled.mean
        covariance[np.ix_(np.arange(count), places, places)] = pooled.covariance
        own = pooled.own
    return PriceResponses(
        ids=weeks.ids,
        price=weeks.price,
        lowest=weeks.extremes[:, 0],
        highest=weeks.extremes[:, 1],
        mean=mean,
        covariance=covariance,
        own=own,
        refused=_refused(weeks.panel, moved, left, mean[:, 0], covariance[:, 0, 0]),
        promoted=_usually(weeks.panel),
        varied=varied,
    )


def _moved(panel: WeeklyPanel) -> BoolArray:
    """Whether the price was ever another, (S,)."""
    shown = np.where(panel.seen, panel.price, np.nan)
    middle = np.array([np.nanmedian(row) if np.isfinite(row).any() else 0.0 for row in shown])
    found: BoolArray = (np.abs(shown - middle[:, None]) > _MOVED).sum(1) >= _MOVES
    return found


def _varied(panel: WeeklyPanel) -> BoolArray:
    """Whether a series was promoted in a way at times, and at times was not, (S, channels)."""
    promoted = np.where(panel.seen, panel.promoted, 0.0)
    count = np.maximum(panel.seen.sum(1), 1)
    middle = promoted.sum(2) / count
    square = (np.where(panel.seen, promoted - middle[:, :, None], 0.0) ** 2).sum(2) / count
    found: BoolArray = (np.sqrt(square) >= _PROMOTED).T
    return found


def _usually(panel: WeeklyPanel) -> Float64Array:
    """The share that a promotion reaches: of nine weeks in ten it was no higher, (S, channels)."""
    if not len(panel.promoted):
        return np.zeros((panel.shape[0], len(CHANNELS)))
    found: Float64Array = np.quantile(panel.promoted, 0.9, axis=2).T
    highest = panel.promoted.max(2).T
    return np.where(found > _PROMOTED, found, highest)


def _refused(
    panel: WeeklyPanel, moved: BoolArray, left: Residuals | None, mean: Float64Array, variance: Float64Array
) -> tuple[str, ...]:
    """Why no price is answered for, per series; empty where one is."""
    weeks = panel.seen.sum(1)
    deviation = np.zeros(len(weeks)) if left is None else _left(panel, left.treatments[0])
    negative = ndtr(-mean / np.sqrt(np.maximum(variance, 1e-12)))
    reasons = np.select(
        [weeks < LEAST_WEEKS, ~moved, deviation < _LEFT, negative < LEAST_SURE],
        ["too_short", "price_never_moved", "price_moved_too_little", "response_unclear"],
        "",
    )
    return tuple(reasons.tolist())


def _left(panel: WeeklyPanel, residual: Float64Array) -> Float64Array:
    """The deviation of what is left of each unit's price, as far as the price itself moved with it, (S,).

    Of a price that stood still the learners may expect that it moved with the others': what they miss then is no
    movement of the price.
    """
    weeks = np.maximum(panel.seen.sum(1), 1)
    middle = np.where(panel.seen, panel.price, 0.0).sum(1) / weeks
    together = np.where(panel.seen, residual * (panel.price - middle[:, None]), 0.0).sum(1) / weeks
    found: Float64Array = np.sqrt(np.maximum(together, 0.0))
    return found
