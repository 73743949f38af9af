"""Drawn lines as the columns of the data contract."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.arrays import BoolArray, Int64Array
from pipelines.simulated_shop.currency_rates import CurrencyRates
from pipelines.simulated_shop.id_columns import numbered, numbered_twice, width_of
from pipelines.simulated_shop.line_drawing import CHANNELS, STORES, DrawnLines
from pipelines.simulated_shop.population import Population
from pipelines.simulated_shop.shop_scenario import ShopScenario
from pipelines.simulated_shop.shop_size import ShopSize

PLAIN = ("order_id", "ordered_at", "revenue")
"""Columns whose values hardly repeat."""
_STORE_CHANNEL = CHANNELS.index("store")
_LINE_WIDTH = 5


@dataclass(frozen=True)
class OrderColumns:
    """Makes tables of lines; ids are numbered through the whole shop."""

    scenario: ShopScenario
    size: ShopSize
    rates: CurrencyRates

    @cached_property
    def products(self) -> pa.StringArray:
        """The id of every product."""
        return numbered("p", np.arange(1, self.size.products + 1), width_of(self.size.products))

    def customers(self, people: Population) -> pa.StringArray:
        """The id of every customer of a block."""
        return numbered("c", people.first + 1 + np.arange(people.count), width_of(self.size.customers))

    @cached_property
    def regions(self) -> pa.StringArray:
        """The name of every region."""
        return pa.array([region.name for region in self.scenario.regions])

    @cached_property
    def _stores(self) -> pa.StringArray:
        return numbered("s", np.arange(1, len(self.regions) * STORES + 1), width_of(len(self.regions) * STORES))

    def table(self, people: Population, lines: DrawnLines, orders_before: int) -> pa.Table:
        """The lines; `orders_before` is how many orders other blocks have."""
        region = people.region[lines.who]
        store = region * STORES + (people.first + lines.who) % STORES
        return pa.table(
            {
                "customer_id": _of(self.customers(people), lines.who),
                "order_id": self._orders(lines, orders_before),
                "line_id": _of(pa.array([str(n) for n in range(int(lines.line.max()) + 1)]), lines.line),
                "product_id": _of(self.products, lines.product),
                "ordered_at": pa.array(lines.at, pa.timestamp("us", "UTC")),
                "quantity": lines.quantity,
                "revenue": lines.revenue,
                "discount": lines.discount,
                "currency": _of(pa.array(self.rates.names), self.rates.currency[region]),
                "channel": _of(pa.array(CHANNELS), lines.channel),
                "store_id": _of(self._stores, store, lines.channel != _STORE_CHANNEL),
                "region": _of(self.regions, region),
            }
        )

    def _orders(self, lines: DrawnLines, before: int) -> pa.Array:
        """An order's number; what is given back has an order of its own, named after the line."""
        width = width_of(self.size.lines)
        if lines.quantity[0] < 0:
            return numbered_twice("r", before + 1 + lines.order, width, lines.line, _LINE_WIDTH)
        first = int(lines.order[0])
        ids = numbered("o", before + np.arange(first, int(lines.order[-1]) + 1) + 1, width)
        return _of(ids, lines.order - first)


def _of(names: pa.Array, place: Int64Array | NDArray[np.uint8], missing: BoolArray | None = None) -> pa.Array:
    return names.take(pa.array(place.astype(np.int32), mask=missing))
