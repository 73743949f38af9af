"""The shape of Square's export of items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Sale, Truth, range_of, returned, truth
from pipelines.bench.platform_export import Line, PlatformExport

CAFE = InventedShop("café", "America/New_York", "USD", "US", seed=22, discounts=False)
PUB = InventedShop(
    "pub",
    "Europe/London",
    "GBP",
    "GB",
    seed=122,
    orders=1_500,
    customers=300,
    products=range_of(("Ale", "Pie & mash", "Crisps", "Cider, dry", "Rosé"), ("small", "large", "sharing")),
    every=(1, 7),
    prices=(199, 9_000),
    discounts=False,
)
_ZONES = {"America/New_York": "Eastern Time (US & Canada)", "Europe/London": "London"}
_SIGNS = {"USD": "$", "GBP": "£"}
FIRST_VERSION = ("SKU", "Channel")
"""Columns that came later."""


def signed(shop: InventedShop, amount: int) -> str:
    """An amount with its sign, groups of thousands parted."""
    sign = _SIGNS[shop.currency]
    return f"{'-' if amount < 0 else ''}{sign}{abs(amount) // 100:,}.{abs(amount) % 100:02d}"


def _back(made: Sequence[Sale]) -> list[Sale]:
    """Every thirteenth sale comes back within the hour, under a transaction of its own."""
    return [returned(sale, sale.number + 50_000) for sale in made if sale.number % 13 == 0]


def export(shop: InventedShop, made: Sequence[Sale], without: Sequence[str] = ()) -> list[Line]:
    """A row for each item of a sale or of a refund."""
    rows: list[Line] = []
    for sale in [*made, *_back(made)]:
        for item in sale.items:
            off = _off(item.cost)
            row = {
                "Date": f"{sale.at:%Y-%m-%d}",
                "Time": f"{sale.at:%H:%M:%S}",
                "Time Zone": _ZONES[shop.zone],
                "Category": "None" if item.product == 3 else "Home",
                "Item": item.name,
                "Qty": f"{float(item.quantity)}",
                "Price Point Name": "Regular" if item.product % 2 else "Large",
                "SKU": "" if item.product < 4 else item.sku,
                "Modifiers Applied": "",
                "Gross Sales": signed(shop, item.cost),
                "Discounts": signed(shop, -off),
                "Net Sales": signed(shop, item.cost - off),
                "Tax": signed(shop, 0),
                "Transaction ID": f"T{sale.number}",
                "Event Type": "Payment" if item.quantity > 0 else "Refund",
                "Location": "Café Main",
                "Customer ID": "" if sale.customer is None else f"C{sale.customer}",
                "Channel": "Front",
            }
            rows.append({name: value for name, value in row.items() if name not in without})
    return rows


def _off(cost: int) -> int:
    """A tenth."""
    return cost // 10 if cost > 0 else -(-cost // 10)


def known(made: Sequence[Sale]) -> Truth:
    """Sales and refunds, after discounts."""
    return truth((sale, sum(item.cost - _off(item.cost) for item in sale.items)) for sale in [*made, *_back(made)])


ITEMS = PlatformExport(
    preset="square-items",
    shop=CAFE,
    rows=partial(export, CAFE),
    truth=known,
    order="Transaction ID",
    moments={"Date": "%Y-%m-%d", "Time": "%H:%M:%S"},
    amounts=("Gross Sales", "Discounts", "Net Sales", "Tax"),
    counts=("Qty",),
    texts=("Item",),
)
EXPORTS = (ITEMS, replace(ITEMS, shop=PUB, rows=partial(export, PUB, without=("Channel",))))
