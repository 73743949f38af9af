"""The order plan: per series the stock levels, where the stock stands, and how much to order now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.settings import Settings
from models.arrays import Float64Array
from models.demand.inventory.demand_draws import DemandAhead
from models.demand.inventory.levels import stock_levels
from models.demand.inventory.quantities import order_quantities
from models.demand.inventory.replenishment import positions
from models.demand.inventory.stock import OLD, Stock
from models.demand.inventory.terms import order_terms
from models.demand.outlook import Outlook
from models.demand.series import PERIOD, split_id

SEPARATE = "separate_safety_stock"


@dataclass(frozen=True)
class OrderPlan:
    """A row per series or pool (docs/ordering.md names the columns), and how many more have stock alone."""

    rows: pd.DataFrame
    not_forecast: int = 0

    @property
    def placed(self) -> int:
        """Series whose stock is known."""
        return int(self.rows["position"].notna().sum())

    @property
    def orders(self) -> int:
        """Series of which something is to be ordered."""
        return int((self.rows["order_quantity"] > 0).sum())

    @property
    def units(self) -> float:
        """Units to order in all."""
        return float(self.rows["order_quantity"].sum())

    @property
    def safety_stock(self) -> float:
        """Units held beyond the expected demand."""
        return float(self.rows["safety_stock"].sum())

    @property
    def separate_safety_stock(self) -> float | None:
        """The same if every series of the pools is ordered by itself; None where nothing is pooled."""
        return float(self.rows[SEPARATE].sum()) if SEPARATE in self.rows else None

    @property
    def old(self) -> int:
        """Series whose stock was last counted more than a week before the day."""
        told = self.rows.dropna(subset=["stock_day"])
        return int((told["as_of"] - told["stock_day"] > OLD).sum())


def demand_ahead(outlook: Outlook, dispersion: float, settings: Settings, day: date) -> DemandAhead:
    """What sells from a day on; where weeks are forecast, the outlook begins on the Monday before it."""
    return DemandAhead(outlook.forecast, PERIOD[settings.demand.freq], dispersion, (day - outlook.as_of).days)


def order_plan(
    keys: Sequence[str],
    ahead: DemandAhead,
    service: Float64Array,
    stock: Stock,
    settings: Settings,
    *,
    separate: Float64Array | None = None,
) -> OrderPlan:
    """Levels, positions and orders of every series that is forecast, on the morning of the day that `ahead` begins.

    Args:
        keys: the columns that name a series, or a pool of series.
        ahead: what sells.
        service: the service level of each row, (S,).
        stock: what there is.
        settings: the workspace's.
        separate: of pools, the safety stock of their series if each is ordered by itself, (S,).

    Raises:
        UsageError: lead time and review reach beyond the forecast.
    """
    terms, forecast = order_terms(settings), ahead.forecast
    day = forecast.days[0] + timedelta(days=ahead.begins)
    levels = stock_levels(ahead, terms, service)
    known = stock.units.reindex(list(forecast.ids))
    position = positions(stock, forecast.ids)
    quantity, limits = order_quantities(levels, position, terms)
    values = [split_id(each, keys) for each in forecast.ids]
    columns: dict[str, object] = {key: [value[n] for value in values] for n, key in enumerate(keys)}
    risk = np.where(np.isnan(position), np.nan, levels.lead_time.exceeds(np.nan_to_num(position)))
    columns |= {
        "as_of": [day] * len(forecast.ids),
        "service_level": service,
        "expected_demand": levels.demand.mean,
        "demand_deviation": levels.demand.deviation,
        "reorder_point": levels.reorder_point,
        "order_up_to": levels.order_up_to,
        "safety_stock": levels.safety_stock,
    }
    if separate is not None:
        columns |= {SEPARATE: separate, "pooling_saves": separate - levels.safety_stock}
    columns |= {
        "stock_day": [None if pd.isna(day) else pd.Timestamp(day).date() for day in known["day"]],
        "on_hand": known["on_hand"].to_numpy(dtype=float),
        "on_order": known["on_order"].to_numpy(dtype=float),
        "position": position,
        "stockout_risk": risk,
        "order_quantity": quantity,
        "limited_by": limits,
    }
    return OrderPlan(_urgent_first(pd.DataFrame(columns)), len(stock.units.index.difference(list(forecast.ids))))


def _urgent_first(rows: pd.DataFrame) -> pd.DataFrame:
    """What is to be ordered by its risk of running out, then the rest; figures to three digits behind the point."""
    later = ~(rows["order_quantity"] > 0)
    places = rows.assign(later=later).sort_values(["later", "stockout_risk"], ascending=[True, False], kind="stable")
    return rows.loc[places.index].reset_index(drop=True).round(3)
