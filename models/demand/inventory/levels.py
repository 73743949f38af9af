"""How a shop orders, and the stock levels that follow from what it will sell.

Stock is looked at every `review_days`, and what is ordered arrives after the lead time: what is in hand and on order
has to last for both (periodic review, order-up-to: Silver, Pyke & Thomas, 2017, chapter 6).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import UsageError
from models.arrays import Float64Array
from models.demand.inventory.demand_draws import DemandAhead, Span


@dataclass(frozen=True)
class OrderTerms:
    """How a shop orders: days, units, and what an ordered unit may be kept for (0: forever)."""

    lead_time_days: int = 7
    lead_time_deviation: float = 0.0
    review_days: int = 7
    min_quantity: float = 0.0
    multiple: float = 1.0
    shelf_life_days: int = 0
    shelf_life_chance: float = 0.5

    def within(self, horizon_days: int) -> None:
        """Refuse days that the forecast does not reach.

        Raises:
            UsageError: with the longest lead time that is possible.
        """
        needed = self.lead_time_days + self.review_days
        if needed <= horizon_days:
            return
        longest = horizon_days - self.review_days
        possible = f"a lead time of up to {longest} days is possible" if longest > 0 else "no lead time is possible"
        raise UsageError(
            f"a lead time of {self.lead_time_days} days and {self.review_days} until stock is looked at again reach"
            f" beyond the {horizon_days} days that are forecast",
            why=f"{possible} (demand.lead_time_days, ordering.review_days)",
            todo=f"set demand.horizon_days to {needed} or more in regulars.toml, then: regulars train demand",
        )


@dataclass(frozen=True)
class StockLevels:
    """Per series, in units: demand until an order of the next look could arrive, and what to hold for it."""

    demand: Span
    lead_time: Span
    service: Float64Array
    reorder_point: Float64Array
    order_up_to: Float64Array
    keeps: Float64Array
    """What is sold until an order that is placed now has gone off; infinite where nothing does."""

    def select(self, rows: list[int]) -> StockLevels:
        """The same of some of the series."""
        demand, lead = (Span(span.mean[rows], span.draws[rows]) for span in (self.demand, self.lead_time))
        numbers = (self.service, self.reorder_point, self.order_up_to, self.keeps)
        return StockLevels(demand, lead, *(each[rows] for each in numbers))

    @property
    def safety_stock(self) -> Float64Array:
        """What is held beyond the expected demand."""
        found: Float64Array = np.maximum(self.order_up_to - self.demand.mean, 0.0)
        return found


def stock_levels(ahead: DemandAhead, terms: OrderTerms, service: Float64Array) -> StockLevels:
    """The levels of each series, whose chance of not running out is to be `service`, (S,).

    Raises:
        UsageError: lead time and review reach beyond the forecast.
    """
    terms.within(ahead.days)
    lead = ahead.over(terms.lead_time_days, terms.lead_time_deviation)
    both = ahead.over(terms.lead_time_days, terms.lead_time_deviation, terms.review_days)
    keeps = np.full(len(service), np.inf)
    if terms.shelf_life_days:
        keeps = ahead.over(terms.lead_time_days + terms.shelf_life_days).quantile(terms.shelf_life_chance)
    return levels_of(lead, both, service, keeps)


def levels_of(lead: Span, both: Span, service: Float64Array, keeps: Float64Array) -> StockLevels:
    """Whole units that last for the lead time, and for both times, with the chance `service`."""
    point, fill = (whole_units(span.quantile(service)) for span in (lead, both))
    return StockLevels(both, lead, service, point, np.maximum(fill, point), keeps)


def whole_units(units: Float64Array) -> Float64Array:
    """Rounded up; draws are sums of products, so that 70 could become 71 by its last digit."""
    found: Float64Array = np.ceil(np.round(units, 9))
    return found
