"""What a customer will spend in the coming weeks: a plain, checkable formula on their features.

    value = 28 days x spend per day x chance of still being a customer

Spend per day is the exponentially weighted mean of the past: the weighted spend (half as much for every 56 days
back) over the weight of the days the customer is known, `(1 - 2^(-tenure/56)) * 56 / ln 2`. The chance of still
being a customer halves with every 28 days by which the next visit is overdue, counted from the usual gap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from feature_repo.families import gaps, money, recency, tenure

DAYS: Final = 28
HALF_LIFE: Final = 56
OVERDUE_HALF_LIFE: Final = 28
SPEND: Final = money.REVENUE_DECAYED[HALF_LIFE].name
TENURE: Final = tenure.DAYS_SINCE_FIRST_VISIT.name
RECENCY: Final = recency.DAYS_SINCE_LAST_VISIT.name
GAP: Final = gaps.GAP_MEDIAN.name


def value_forecast(features: Mapping[str, Any]) -> float | None:
    """Expected revenue of the next 28 days in the base currency; None without any visit."""
    spend, since_last = features.get(SPEND), features.get(RECENCY)
    if spend is None or since_last is None:
        return None
    age = max(features.get(TENURE) or since_last, DAYS)
    known = (1 - 2 ** (-age / HALF_LIFE)) * HALF_LIFE / math.log(2)
    overdue = max(0.0, since_last - (features.get(GAP) or DAYS))
    return float(max(0.0, DAYS * spend / known * 2 ** (-overdue / OVERDUE_HALF_LIFE)))
