"""The tables of a simulated shop beside its orders and customers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from models.arrays import Int64Array
from pipelines.simulated_shop.currency_rates import CurrencyRates
from pipelines.simulated_shop.product_range import ProductRange
from pipelines.simulated_shop.promotion_weeks import WEEK, PromotionWeeks
from pipelines.simulated_shop.shop_scenario import ShopScenario, category_name
from pipelines.simulated_shop.timeline import Timeline


def day_column(days: Timeline, numbers: Int64Array, missing: object = None) -> pa.Array:
    """Days by their number, as dates."""
    first = (days.first - date(1970, 1, 1)).days
    return pa.array((numbers + first).astype(np.int32), mask=missing).cast(pa.date32())


def products_table(products: ProductRange, days: Timeline, ids: pa.Array, categories: int) -> pa.Table:
    """The products, at their last price."""
    names = [category_name(number) for number in range(categories)]
    price = products.cents[-1] / 100.0
    launched = products.launch_day()
    return pa.table(
        {
            "product_id": ids,
            "name": pa.array([f"{names[of]}, number {place + 1}" for place, of in enumerate(products.category)]),
            "category": pa.array(names).take(pa.array(products.category)),
            "department": pa.array([f"department {of // 5 + 1}" for of in range(categories)]).take(
                pa.array(products.category)
            ),
            "brand": pa.array([f"brand {brand + 1}" for brand in products.brand]),
            "list_price": price,
            "unit_cost": np.round(price * products.cost_share, 2),
            "launched_on": day_column(days, launched, launched < 0),
        }
    )


def promotions_table(promotions: PromotionWeeks, days: Timeline, ids: pa.Array) -> pa.Table:
    """The price cuts as the shop knows them."""
    starts = promotions.week * WEEK
    return pa.table(
        {
            "product_id": ids.take(pa.array(promotions.product)),
            "starts_on": day_column(days, starts),
            "ends_on": day_column(days, starts + WEEK - 1),
            "kind": pa.array(["price", "price+display"]).take(pa.array(promotions.shown.astype(np.int8))),
        }
    )


def calendar_table(days: Timeline, scenario: ShopScenario) -> pa.Table:
    """The days on which the shop is closed, up to a year ahead."""
    ahead = [days.date_of(number) for number in range(days.days + 365)]
    closed = [day for day in ahead if f"{day:%m-%d}" in scenario.seasons.closed]
    return pa.table(
        {
            "date": pa.array(closed, pa.date32()),
            "name": pa.array(["closure"] * len(closed), pa.string()),
            "value": pa.array([1.0] * len(closed), pa.float64()),
        }
    )


def rates_table(days: Timeline, rates: CurrencyRates) -> pa.Table:
    """What the other currencies are worth on each day."""
    count = len(rates.names) - 1
    return pa.table(
        {
            "date": day_column(days, np.repeat(np.arange(days.days), count)),
            "currency": pa.array(list(rates.names[1:]) * days.days, pa.string()),
            "rate": rates.worth[:, 1:].ravel(),
        }
    )
