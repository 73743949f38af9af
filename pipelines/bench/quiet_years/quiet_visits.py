"""Customers who stay away, in drawn years: who raises it where nobody stopped, and how soon where a tenth did."""

from __future__ import annotations

import time
from datetime import timedelta

from core.settings import Rules
from models.arrays import Int64Array
from monitoring import rules
from monitoring.error_budget import ErrorBudget
from monitoring.leaving import own_rhythm
from pipelines.bench.quiet_years.resampled_year import QUARTER, WeeksToDraw
from pipelines.bench.quiet_years.watchers import BEFORE, FIRST

AWAY = "regulars, customers who stay away"
LOOKS = 52


def year(shop: WeeksToDraw, seed: int) -> tuple[bool, int, float]:
    """Whether any of a year's weekly looks raises it; how many looks that were, and the seconds that they took."""
    visits, seconds = shop.visits(seed, BEFORE + LOOKS), 0.0
    for number in range(1, LOOKS + 1):
        started = time.perf_counter()
        found = raised(visits[:, : QUARTER + BEFORE - 1 + number])
        seconds += time.perf_counter() - started
        if found:
            return True, number, seconds
    return False, LOOKS, seconds


def first(visits: Int64Array, looks: int) -> int | None:
    """Days until one of the weekly looks at the last weeks raises it."""
    end = visits.shape[1] - looks
    return next((7 * week for week in range(1, looks + 1) if raised(visits[:, : end + week])), None)


def raised(visits: Int64Array) -> bool:
    """Whether the rule alerts at a weekly look, as no look before it has."""
    settings, as_of = Rules(), FIRST + timedelta(days=7 * visits.shape[1])
    level = ErrorBudget.configured(settings).level("business", [as_of - timedelta(days=7)], as_of)
    return rules.staying_away(own_rhythm.judge(visits), settings, level, as_of).status == "alert"
