"""What the service says of ordering beside a forecast: levels, and the risk of running out where stock is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from core.workspace import Workspace
from models.arrays import Float64Array
from models.demand.forecast import Forecast
from models.demand.inventory.demand_draws import DemandAhead
from models.demand.inventory.levels import whole_units
from models.demand.inventory.stock import Stock, stock
from models.demand.inventory.terms import order_terms, service_levels
from models.demand.series import PERIOD


@dataclass(frozen=True)
class Replenishment:
    """Per series: levels in units, and the chance of running out before an order of today arrives, each (S,).

    order_up_to: nan where lead time and review reach beyond the forecast
    stockout_risk: nan where the stock is not known
    """

    reorder_point: Float64Array
    order_up_to: Float64Array
    stockout_risk: Float64Array

    def at(self, row: int) -> SeriesLevels:
        """Those of one series."""
        found = (float(each[row]) for each in (self.reorder_point, self.order_up_to, self.stockout_risk))
        point, fill, risk = (None if np.isnan(each) else each for each in found)
        return SeriesLevels(point or 0.0, fill, risk)


@dataclass(frozen=True)
class SeriesLevels:
    """Those of one series; None where nothing tells."""

    reorder_point: float = 0.0
    order_up_to: float | None = None
    stockout_risk: float | None = None


def replenishment(
    workspace: Workspace, keys: Sequence[str], forecast: Forecast, dispersion: float, as_of: date
) -> Replenishment:
    """Of every series of a forecast that begins on `as_of`."""
    settings, service = workspace.settings, service_levels(workspace, keys, forecast.ids)
    terms, ahead = order_terms(settings), DemandAhead(forecast, PERIOD[settings.demand.freq], dispersion)
    lead = ahead.over(terms.lead_time_days, terms.lead_time_deviation)
    fill = np.full(len(service), np.nan)
    if terms.lead_time_days + terms.review_days <= ahead.days:
        both = ahead.over(terms.lead_time_days, terms.lead_time_deviation, terms.review_days)
        fill = whole_units(both.quantile(service))
    position = positions(stock(workspace, keys, as_of), forecast.ids)
    risk = np.where(np.isnan(position), np.nan, lead.exceeds(np.nan_to_num(position)))
    return Replenishment(whole_units(lead.quantile(service)), fill, risk)


def positions(stock: Stock, ids: Sequence[str]) -> Float64Array:
    """What is in hand and on order of each series, nan where it is not known, (S,)."""
    known = stock.units.reindex(list(ids))
    return (known["on_hand"] + known["on_order"]).to_numpy(dtype=np.float64)
