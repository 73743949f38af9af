"""The health index: 0 to 100 per customer, the sum of the points of its parts.

Each part has a value from 0 (as bad as it gets) to 1, or is not known. Its points are its value times its weight
(`segments.health`), the weights of the parts that are known brought to 100 in sum: so the points add up to the index
whatever is known, and what is not known neither helps nor harms. The rhythm is known of everybody who ever bought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np

from core.messages import Message
from core.settings import HealthPart, Settings
from feature_repo.standing_features import (
    EVENT,
    FIRST,
    GAP,
    LAST,
    ORDERS,
    RECENT,
    SPEND,
    TROUBLES,
    VISITS,
    YEAR,
)
from models.arrays import Float64Array
from models.segments.told_scores import Columns, column, satisfaction, steadiness

PARTS: Final[tuple[HealthPart, ...]] = get_args(HealthPart)
LEAST_GAP: Final = 7.0
"""Nobody is late within a week."""
LATE: Final = 3.0
"""So many times the usual time beyond which the rhythm is worth nothing."""
QUIET: Final = 84.0
"""Days without any interaction after which engagement is worth nothing."""


@dataclass(frozen=True)
class HealthIndex:
    """The index of customers, and per part its points, its most points (its weight), and the figures behind it.

    A part that is not known of a customer has NaN points.
    """

    index: Float64Array
    points: Mapping[HealthPart, Float64Array]
    most: Mapping[HealthPart, Float64Array]
    figures: Mapping[HealthPart, Mapping[str, Float64Array]]

    def says(self, part: HealthPart, row: int) -> Message:
        """A part of one customer in words."""
        if np.isnan(self.points[part][row]):
            return Message("health.not_told")
        return _WORDS[part]({name: round(float(each[row]), 2) for name, each in self.figures[part].items()})


def health(columns: Columns, settings: Settings) -> HealthIndex:
    """The health of customers whose features are given."""
    values: dict[HealthPart, Float64Array] = {}
    figures: dict[HealthPart, dict[str, Float64Array]] = {}
    for part, measure in _MEASURES.items():
        values[part], figures[part] = measure(columns, settings)
    weights = {part: settings.segments.health.get(part, 0.0) for part in PARTS}
    known = sum(np.where(np.isnan(values[part]), 0.0, weights[part]) for part in PARTS)
    whole = np.where(np.asarray(known) > 0, known, np.nan)
    most = {part: np.where(np.isnan(values[part]), np.nan, 100 * weights[part] / whole) for part in PARTS}
    points = {part: values[part] * most[part] for part in PARTS}
    index = np.nansum(np.stack(list(points.values())), axis=0)
    return HealthIndex(np.where(np.isnan(whole), np.nan, np.clip(index, 0, 100)), points, most, figures)


Measured = tuple[Float64Array, dict[str, Float64Array]]


def _rhythm(columns: Columns, settings: Settings) -> Measured:
    """Whole up to the time that nine in ten of the own gaps stay below, nothing from three times that on."""
    since, gap = column(columns, LAST), column(columns, GAP)
    usual = np.maximum(np.where(np.isnan(gap), settings.churn.horizon_days, gap), LEAST_GAP)
    return np.clip((LATE - since / usual) / (LATE - 1), 0, 1), {"since": since, "usual": usual}


def _visits(columns: Columns, _: Settings) -> Measured:
    return _pace(columns, *VISITS)


def _spend(columns: Columns, _: Settings) -> Measured:
    return _pace(columns, *SPEND)


def _pace(columns: Columns, recent: str, year: str) -> Measured:
    """The last 84 days beside the pace of the year; known once there are as many days before them.

    Who had nothing in the year has nothing to lose: 0, for nothing came of late either.
    """
    first = column(columns, FIRST)
    last, whole = np.maximum(column(columns, recent), 0), np.maximum(column(columns, year), 0)
    usual = whole * RECENT / np.minimum(first, YEAR)
    ratio = np.divide(last, usual, out=np.zeros_like(last), where=usual > 0)
    known = (first >= 2 * RECENT) & ~np.isnan(last)
    return np.where(known, np.clip(ratio, 0, 1), np.nan), {"last": last, "usual": usual}


def _steadiness(columns: Columns, _: Settings) -> Measured:
    share = steadiness(columns)
    return share, {"share": share}


def _engagement(columns: Columns, _: Settings) -> Measured:
    """Whole on the day of an interaction, nothing 84 days after the last; not known of who never had one."""
    since = column(columns, EVENT)
    return np.clip(1 - (since - 1) / QUIET, 0, 1), {"since": since}


def _satisfaction(columns: Columns, _: Settings) -> Measured:
    mean = satisfaction(columns)
    return (np.clip(mean, 1, 5) - 1) / 4, {"mean": mean}


def _service(columns: Columns, _: Settings) -> Measured:
    """Whole without any trouble, nothing where there is one for every other order of the last 364 days.

    Troubles are failed payments, cancelled orders, and parcels that come late or with a problem. Known of who ordered
    in these days, where the shop tells of payments or parcels.
    """
    rates = np.stack([column(columns, name) for name in TROUBLES])
    told = np.any(~np.isnan(rates), axis=0) & (column(columns, ORDERS) > 0)
    rate = np.nansum(rates, axis=0)
    return np.where(told, np.clip(1 - 2 * rate, 0, 1), np.nan), {"rate": rate}


_MEASURES: Final[Mapping[HealthPart, Callable[[Columns, Settings], Measured]]] = {
    "rhythm": _rhythm,
    "visits": _visits,
    "spend": _spend,
    "steadiness": _steadiness,
    "engagement": _engagement,
    "satisfaction": _satisfaction,
    "service": _service,
}


_WORDS: Final[Mapping[HealthPart, Callable[[Mapping[str, float]], Message]]] = {
    "rhythm": lambda figures: Message("health.rhythm", figures),
    "visits": lambda figures: Message("health.visits", figures),
    "spend": lambda figures: Message("health.spend", figures),
    "steadiness": lambda figures: Message("health.steadiness", figures),
    "engagement": lambda figures: Message("health.engagement", figures),
    "satisfaction": lambda figures: Message("health.satisfaction", figures),
    "service": lambda figures: Message("health.service", figures),
}
