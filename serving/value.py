"""What a customer will spend and when they are back: by the champion, or by a plain, checkable formula.

    value = 28 days x spend per day x chance of still being a customer

Spend per day is the exponentially weighted mean of the past: the weighted spend (half as much for every 56 days
back) over the weight of the days the customer is known, `(1 - 2^(-tenure/56)) * 56 / ln 2`. The chance of still
being a customer halves with every 28 days by which the next visit is overdue, counted from the usual gap.
The formula answers while there is no value model, and for customers whom no model was trained on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from feature_repo import updates
from feature_repo.families import gaps, money, recency, tenure
from feature_repo.packed.feature_rows import FeatureRows
from models.value.labels import HORIZONS, SEEN_DAYS, SHORTEST, TARGETS
from models.value.model import ValueModel
from models.value.outlook_bins import NEVER
from serving.champions import Champion

DAYS: Final = SHORTEST
HALF_LIFE: Final = 56
OVERDUE_HALF_LIFE: Final = 28
SPEND: Final = money.REVENUE_DECAYED[HALF_LIFE].name
TENURE: Final = tenure.DAYS_SINCE_FIRST_VISIT.name
RECENCY: Final = recency.DAYS_SINCE_LAST_VISIT.name
GAP: Final = gaps.GAP_MEDIAN.name
NOTHING: Final[Mapping[str, Any]] = {
    "value_forecast": None,
    "value_source": None,
    "value": [],
    "next_purchase": None,
    "value_tier": None,
}


def tell(
    serving: Champion[ValueModel] | None, columns: Mapping[str, Sequence[Any]], present: date | None
) -> list[dict[str, Any]]:
    """What is told of each customer whose features (by name, one entry per customer) are at hand."""
    rows = len(next(iter(columns.values()), ()))
    read = {name: columns[name] for name in (SPEND, TENURE, RECENCY, GAP) if name in columns}
    told = [_by_formula({name: values[row] for name, values in read.items()}) for row in range(rows)]
    if serving is None or not rows:
        return told
    new, since = updates.without_snapshot(columns), columns[RECENCY]
    own = [row for row in range(rows) if not new[row] and since[row] is not None and since[row] <= SEEN_DAYS]
    if own:
        said = serving.model.figures(_of_rows(columns, own))
        for place, row in enumerate(own):
            figures = {name: float(values[place]) for name, values in said.items()}
            told[row] = _by_model(figures, serving.fallback or "model", present)
    return told


def _of_rows(columns: Mapping[str, Sequence[Any]], rows: Sequence[int]) -> Mapping[str, Sequence[Any]]:
    """Some of the customers; rows as the store has them stay so, for lists of two hundred columns cost more than all
    that is made of them."""
    if isinstance(columns, FeatureRows):
        return columns.take(rows)
    return {name: [values[row] for row in rows] for name, values in columns.items()}


def value_forecast(features: Mapping[str, Any]) -> float | None:
    """Expected revenue of the next 28 days in the base currency; None without any visit."""
    spend, since_last = features.get(SPEND), features.get(RECENCY)
    if spend is None or since_last is None:
        return None
    age = max(features.get(TENURE) or since_last, DAYS)
    known = (1 - 2 ** (-age / HALF_LIFE)) * HALF_LIFE / math.log(2)
    overdue = max(0.0, since_last - (features.get(GAP) or DAYS))
    return float(max(0.0, DAYS * spend / known * 2 ** (-overdue / OVERDUE_HALF_LIFE)))


def _by_formula(features: Mapping[str, Any]) -> dict[str, Any]:
    forecast = value_forecast(features)
    return {**NOTHING, "value_forecast": forecast, "value_source": None if forecast is None else "formula"}


def _by_model(figures: Mapping[str, float], source: str, present: date | None) -> dict[str, Any]:
    return {
        "value_forecast": figures[f"spend_{SHORTEST}d"],
        "value_source": source,
        "value": [{"days": n, **{t: _band(figures, f"{t}_{n}d") for t in TARGETS}} for n in HORIZONS],
        "next_purchase": _next_purchase(figures, present),
        "value_tier": round(figures["value_tier"]),
    }


def _band(figures: Mapping[str, float], name: str) -> dict[str, float]:
    return {"expected": figures[name], "low": figures[f"{name}_low"], "high": figures[f"{name}_high"]}


def _next_purchase(figures: Mapping[str, float], present: date | None) -> dict[str, Any]:
    name = "next_purchase_days"
    return {
        "expected_on": _day(figures[name], present),
        "earliest_on": _day(figures[f"{name}_low"], present),
        "latest_on": _day(figures[f"{name}_high"], present),
        "overdue": figures["overdue"] > 0,
    }


def _day(days: float, present: date | None) -> str | None:
    """Day 1 is the present one; None: not within a year, or nobody knows which day it is."""
    if days >= NEVER or present is None:
        return None
    return (present + timedelta(days=round(days) - 1)).isoformat()
