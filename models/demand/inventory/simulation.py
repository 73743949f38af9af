"""Day by day through past sales: what a policy would have held, lost and cost.

On the morning of every `review_days` an order is placed, and what was ordered a lead time ago arrives; then the day
sells what is there, and the rest is lost. A series begins with what its policy would fill it up to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pandas import DataFrame, Index, Series, concat

from models.arrays import Float64Array
from models.demand.inventory.levels import OrderTerms, StockLevels
from models.demand.inventory.quantities import order_quantities
from models.intervals import Interval, Mean, bootstrap

Ledger = DataFrame
"""A row per series: what its course in a window came to."""
Policy = Callable[[int], StockLevels]
"""The levels that a policy sets on a day of the window, from what was known before that day."""


@dataclass(frozen=True)
class StockCourse:
    """What came of a policy: per series, stock in the evening (mean units), units lost, asked, and days run out."""

    held: Float64Array
    lost: Float64Array
    asked: Float64Array
    days_out: Float64Array
    days: int


def simulate(policy: Policy, sold: Float64Array, terms: OrderTerms) -> StockCourse:
    """Let a policy order through the days of `sold`, (S, days)."""
    series, days = sold.shape
    levels = policy(0)
    in_hand = levels.order_up_to.copy()
    arriving = np.zeros((series, days + terms.lead_time_days + 2))
    held, lost, out = np.zeros(series), np.zeros(series), np.zeros(series)
    for day in range(days):
        if day % terms.review_days == 0:
            levels = policy(day)
            on_order = arriving[:, day:].sum(1)
            quantity, _ = order_quantities(levels, in_hand + on_order, terms)
            arriving[:, day + terms.lead_time_days] += quantity
        in_hand += arriving[:, day]
        short = np.maximum(sold[:, day] - in_hand, 0.0)
        in_hand = np.maximum(in_hand - sold[:, day], 0.0)
        held, lost, out = held + in_hand, lost + short, out + (short > 0)
    return StockCourse(held / days, lost, sold.sum(1), out, days)


@dataclass(frozen=True)
class Earned:
    """A policy's courses in money: the cost of stock, the margin of lost sales, and the service it reached.

    costs: of both, by series; `ours_less` compares them
    """

    policy: str
    stock: float
    holding_cost: float
    lost_margin: float
    fill_rate: float
    days_without_loss: float
    costs: Series[float]

    @property
    def cost(self) -> float:
        """Of stock and of lost sales."""
        return self.holding_cost + self.lost_margin

    def figures(self) -> dict[str, Any]:
        """All but the single series, for JSON."""
        return {key: value for key, value in vars(self).items() if key != "costs"} | {"cost": self.cost}


def ledger(ids: Sequence[str], course: StockCourse, price: Float64Array, margin: float, holding_cost: float) -> Ledger:
    """A course by series at their prices; `margin` is a share of them, `holding_cost` of the goods' cost a year."""
    held = course.held * price * (1 - margin) * holding_cost * course.days / 365
    columns = {"stock": course.held, "holding": held, "margin": course.lost * price * margin, "lost": course.lost,
               "asked": course.asked, "out": course.days_out, "days": np.full(len(ids), course.days)}  # fmt: skip
    return DataFrame(columns, index=Index(ids, name="series_id"))


def earned(policy: str, windows: Sequence[Ledger]) -> Earned:
    """What came of a policy over all windows."""
    all_rows = concat(windows)
    total = all_rows.sum()
    days = max(float(total["days"]), 1.0)
    return Earned(
        policy,
        float(total["stock"]) / len(windows),
        float(total["holding"]),
        float(total["margin"]),
        1 - float(total["lost"]) / max(float(total["asked"]), 1e-9),
        1 - float(total["out"]) / days,
        (all_rows["holding"] + all_rows["margin"]).groupby(level=0).sum(),
    )


def ours_less(ours: Earned, other: Earned, seed: int) -> Interval:
    """How much more our policy cost than the other, over all series, with the interval of a bootstrap over series."""
    difference = DataFrame({"cost": ours.costs - other.costs})
    found, series = bootstrap(difference, Mean("cost"), seed=seed), len(difference)
    return Interval(found.value * series, found.low * series, found.high * series)
