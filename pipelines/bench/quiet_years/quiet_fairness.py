"""Years of fairness without a disparity: the product's verdicts on the shop's own groups, given to customers by lot."""

from __future__ import annotations

import time
from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.settings import Rules
from models.fairness_result import FairnessResult, GroupFigure
from monitoring.error_budget import ErrorBudget
from monitoring.fairness import judge
from monitoring.fairness.counting import confusions
from monitoring.fairness.judge import Limits
from monitoring.fairness.repeated_looks import certain_at
from pipelines.bench.quiet_years.resampled_year import ResampledWeek, WeeksToDraw, groups_of
from pipelines.bench.quiet_years.watchers import FIRST, MODELS

FAIR = "regulars, fairness"
GROUPS = 18
LOOKS = 52


def year(shop: WeeksToDraw, seed: int) -> tuple[bool, int, float]:
    """Whether any of a year's weekly looks flags a group; how many looks that were, and the seconds that they took."""
    seconds = 0.0
    for number, week in enumerate(shop.year(seed, LOOKS, len(shop.done)), 1):
        started = time.perf_counter()
        raised = bool(look(week, FIRST + timedelta(days=7 * number)).flagged)
        seconds += time.perf_counter() - started
        if raised:
            return True, number, seconds
    return False, LOOKS, seconds


def look(week: ResampledWeek, as_of: date) -> FairnessResult:
    """Rates of being chosen and the price level by up to `GROUPS` groups, sure among a year of looks."""
    rules, groups = Rules(), groups_of(week.groups, GROUPS)
    limits, figures = Limits.of(rules), list[GroupFigure]()
    for name in map(str, groups.columns):
        figures += judge.rates(name, confusions(groups[name].tolist(), week.at_risk, week.left), limits)
        figures += _price(name, groups[name], week, limits)
    result = FairnessResult("churn", as_of, as_of + timedelta(days=28), tuple(figures))
    level = ErrorBudget.configured(rules).level("fairness", [as_of - timedelta(days=7)], as_of, MODELS)
    return certain_at(result, level)


def _price(name: str, of: pd.Series[str], week: ResampledWeek, limits: Limits) -> list[GroupFigure]:
    known = np.isfinite(week.price)
    values = {str(group): week.price[known & (of == group).to_numpy()] for group in sorted(set(of))}
    return judge.means(name, "price level", values, limits)
