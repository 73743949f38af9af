"""Where a forecast was most wrong, in money: what a buyer looks at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Float64Array
from models.demand.forecast import Forecast
from models.demand.series import Histories
from training.outcome import CardTable

MOST = 10
_REVENUE_DAYS = 28
"""`Histories.revenue` is of so many days."""


@dataclass(frozen=True)
class WorstSeries:
    """One series over the evaluated window.

    row: its place among the forecasts; money: what it was off by per period, all periods together, at its recent
    price; share: of what all series were off by
    """

    row: int
    series_id: str
    forecast: float
    sold: float
    money: float
    share: float


def worst(forecast: Forecast, sold: Float64Array, histories: Histories, most: int = MOST) -> tuple[WorstSeries, ...]:
    """The series that were off by the most money, the worst first; those without recent sales have no price.

    Args:
        forecast: of the series of `histories`, in the same order.
        sold: (S, H), what was sold; periods that are nan count for nothing.
        histories: what was known at the origin.
    """
    told = np.isfinite(sold)
    units = histories.units[:, -(_REVENUE_DAYS // histories.days) :].sum(1)
    price = np.where(units > 0, histories.revenue / np.maximum(units, 1e-9), 0.0)
    money = np.where(told, np.abs(forecast.mean - sold), 0.0).sum(1) * price
    places = [int(place) for place in np.argsort(-money, kind="stable")[:most] if money[place] > 0]
    return tuple(
        WorstSeries(
            row=place,
            series_id=histories.ids[place],
            forecast=float(forecast.mean[place][told[place]].sum()),
            sold=float(sold[place][told[place]].sum()),
            money=float(money[place]),
            share=float(money[place] / money.sum()),
        )
        for place in places
    )


def table(found: Sequence[WorstSeries], currency: str) -> CardTable:
    """As the model card shows them."""
    rows = [
        (each.series_id, f"{each.forecast:,.0f}", f"{each.sold:,.0f}", f"{each.money:,.2f}", f"{each.share:.1%}")
        for each in found
    ]
    columns = ("series", "units forecast", "units sold", f"off by ({currency})", "share of all")
    return CardTable("Where the forecast was most wrong, in money", columns, tuple(rows))
