"""Regions or stores that hold their stock together: what they sell in all, and what each would hold by itself.

What one region sells more than expected another often sells less, so that together they need less for the same
chance of not running out (risk pooling: Eppen, Management Science 25, 1979).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.errors import UsageError, did_you_mean
from models.arrays import Float64Array
from models.demand.inventory.demand_draws import DemandAhead
from models.demand.inventory.levels import OrderTerms, stock_levels
from models.demand.levels.series_groups import OF_PRODUCTS, SeriesGroups
from models.demand.levels.sums import USUAL, summed


def pooled_keys(series: Sequence[str], column: str) -> tuple[str, ...]:
    """The keys of what holds its stock together: those of the series without a column.

    Raises:
        UsageError: the column is no key of the series, tells products apart, or is the only key.
    """
    apart = [key for key in series if key not in OF_PRODUCTS]
    said = ", ".join(series)
    if column in OF_PRODUCTS:
        told = "one product's stock is not sold as another's"
        raise UsageError(f"stock can't be pooled over {column}", why=told, todo=_possible(column, apart))
    if column not in series:
        raise UsageError(
            f"stock can't be pooled over {column!r}", why=f"demand.series is {said}", todo=_possible(column, apart)
        )
    if len(series) == 1:
        raise UsageError(
            f"pooled over {column}, nothing tells what is in stock",
            why=f"demand.series is {said} alone",
            todo=f'name products beside it in regulars.toml, demand.series = ["category", "{column}"], and train anew',
        )
    return tuple(key for key in series if key != column)


def _possible(column: str, apart: Sequence[str]) -> str:
    if apart:
        return did_you_mean(column, apart)
    return "put region or store_id into demand.series in regulars.toml, then: regulars train demand"


def pooled(ahead: DemandAhead, groups: SeriesGroups, correlations: Mapping[str, float]) -> DemandAhead:
    """What the series of each group sell together; those of a pool go together on a day as measured of its level."""
    measured = {frozenset(name.split(",")): found for name, found in correlations.items()}
    return replace(ahead, forecast=summed(ahead.forecast, groups, measured.get(frozenset(groups.keys), USUAL)))


def separate_safety_stock(
    ahead: DemandAhead, groups: SeriesGroups, terms: OrderTerms, service: Float64Array
) -> Float64Array:
    """The units that the series of each group hold beyond their expected demand if each is ordered by itself, (G,)."""
    own = stock_levels(ahead, terms, service).safety_stock
    there = groups.of >= 0
    found: Float64Array = np.bincount(groups.of[there], weights=own[there], minlength=len(groups.names)).astype(float)
    return found
