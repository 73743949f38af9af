"""The shape of Etsy's sold order items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Sale, Truth, range_of, truth
from pipelines.bench.platform_export import Line, PlatformExport

DAY = "%m/%d/%y"
ATELIER = InventedShop("atelier", "Europe/Paris", "EUR", "France", seed=21)
WORKSHOP = InventedShop(
    "workshop",
    "America/New_York",
    "USD",
    "United States",
    seed=121,
    orders=1_200,
    customers=700,
    products=range_of(("Ring", "Candle", "Print; framed", "Card", "Quilt"), ("oak", "rosé", "moss", 'size 7"')),
    every=(1, 9),
    prices=(199, 30_000),
)


def export(shop: InventedShop, made: Sequence[Sale]) -> list[Line]:
    """A row for each line of an order."""
    return [
        {
            "Sale Date": f"{sale.at:{DAY}}",
            "Item Name": item.name,
            "Buyer": "" if sale.customer is None else f"buyer{sale.customer}",
            "Quantity": str(item.quantity),
            "Price": shop.money(item.price),
            "Discount Amount": "0.00",
            "Order Shipping": shop.money(sale.shipping),
            "Item Total": shop.money(item.cost),
            "Currency": shop.currency,
            "Transaction ID": str(4_000_000 + 10 * sale.number + index),
            "Listing ID": str(900 + item.product),
            "Date Paid": f"{sale.at + timedelta(days=3):{DAY}}",
            "Ship Country": shop.country,
            "Order ID": str(3_000_000_000 + sale.number),
            "SKU": "",
        }
        for sale in made
        for index, item in enumerate(sale.items)
    ]


def known(made: Sequence[Sale]) -> Truth:
    """Everything, before coupons."""
    return truth((sale, sale.cost) for sale in made)


ITEMS = PlatformExport(
    preset="etsy-items",
    shop=ATELIER,
    rows=partial(export, ATELIER),
    truth=known,
    order="Order ID",
    moments={"Sale Date": DAY, "Date Paid": DAY},
    amounts=("Price", "Discount Amount", "Order Shipping", "Item Total"),
    counts=("Quantity",),
    ids=("Order ID", "Transaction ID", "Listing ID"),
    texts=("Item Name",),
)
EXPORTS = (ITEMS, replace(ITEMS, shop=WORKSHOP, rows=partial(export, WORKSHOP)))
