"""Policies to hold ours against: what a buyer sets without a model, each from sales before the day alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.arrays import Float64Array
from models.demand.inventory.demand_draws import Span
from models.demand.inventory.levels import OrderTerms, StockLevels, levels_of

MEAN_SIGMA, FOUR_WEEKS = "mean + k sigma", "four weeks of sales"
_MEAN_DAYS, _SIGMA_DAYS = 28, 84


def mean_sigma(units: Float64Array, terms: OrderTerms, service: Float64Array) -> StockLevels:
    """The mean of the last 28 days, and k standard deviations of the last 84 as if days were independent."""
    mean, deviation = units[:, -_MEAN_DAYS:].mean(1), units[:, -_SIGMA_DAYS:].std(1)
    lead, both = (
        Span.normal(days * mean, np.sqrt(days * deviation**2 + (mean * terms.lead_time_deviation) ** 2))
        for days in (terms.lead_time_days, terms.lead_time_days + terms.review_days)
    )
    return levels_of(lead, both, service, _kept(mean, terms))


def four_weeks(units: Float64Array, terms: OrderTerms, service: Float64Array) -> StockLevels:
    """Filled up to what the last 28 days sold, whatever the lead time."""
    mean = units[:, -_MEAN_DAYS:].mean(1)
    lead, both = (
        Span.normal(days * mean, np.zeros_like(mean))
        for days in (terms.lead_time_days, terms.lead_time_days + terms.review_days)
    )
    found = levels_of(lead, both, service, _kept(mean, terms))
    return replace(found, order_up_to=np.ceil(np.round(_MEAN_DAYS * mean, 9)))


def _kept(mean: Float64Array, terms: OrderTerms) -> Float64Array:
    days = terms.lead_time_days + terms.shelf_life_days
    return days * mean if terms.shelf_life_days else np.full(len(mean), np.inf)
