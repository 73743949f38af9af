"""Day by day through past sales: what a policy would have held, lost and cost.

On the morning of every `review_days` an order is placed, and what was ordered a lead time ago arrives; then the day
sells what is there, and the rest is lost. A series begins with what its policy would fill it up to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array
from models.demand.inventory.levels import OrderTerms, StockLevels
from models.demand.inventory.quantities import order_quantities

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
    """A policy's course in money: the cost of stock, the margin of lost sales, and the service it reached."""

    policy: str
    stock: float
    holding_cost: float
    lost_margin: float
    fill_rate: float
    days_without_loss: float

    @property
    def cost(self) -> float:
        """Of stock and of lost sales."""
        return self.holding_cost + self.lost_margin


def earned(name: str, course: StockCourse, price: Float64Array, margin: float, holding_cost: float) -> Earned:
    """A course at the series' prices; `margin` is a share of them, `holding_cost` of the cost of goods a year."""
    asked = max(float(course.asked.sum()), 1e-9)
    return Earned(
        name,
        float(course.held.sum()),
        float((course.held * price).sum()) * (1 - margin) * holding_cost * course.days / 365,
        float((course.lost * price).sum()) * margin,
        1 - float(course.lost.sum()) / asked,
        1 - float(course.days_out.sum()) / (course.days * len(course.asked)),
    )
